import type { OrdersQuery } from './types';

interface DeclaredMetric {
  type?: string;
  table?: string;
  sum?: string;
  numerator?: string;
  denominator?: string;
  aliases?: string[];
}

type Named<T> = Record<string, T | null | undefined>;

/**
 * The catalog as the data source's settings declare it: what can be told at
 * once, without asking the server. Whatever is wrong or missing in it is not
 * known here, and left to the server to judge.
 */
export class DeclaredCatalog {
  private readonly prefix: string;
  private readonly tables: Named<{ dimensions?: object | null }>;
  private readonly metrics: Named<DeclaredMetric>;
  private readonly annotations: Named<{ table?: string }>;

  constructor(declared: unknown) {
    const { prefix, tables, metrics, annotations } = (declared ?? {}) as {
      prefix?: string;
      tables?: DeclaredCatalog['tables'];
      metrics?: DeclaredCatalog['metrics'];
      annotations?: DeclaredCatalog['annotations'];
    };
    this.prefix = prefix ?? '';
    this.tables = tables ?? {};
    this.metrics = metrics ?? {};
    this.annotations = annotations ?? {};
  }

  /**
   * The metric of a new panel. Grafana sorts the names of the settings, so the
   * order in which they were written says nothing. The counter on which most
   * ratios are built is the one that others are measured by; next are those
   * that count before those that sum, next the names.
   */
  get firstMetric(): string | undefined {
    const names = Object.keys(this.metrics).sort();
    const builtOn = (name: string) =>
      Object.values(this.metrics).filter((ratio) => ratio?.numerator === name || ratio?.denominator === name).length;
    const counters = names.filter((name) => this.metrics[name]?.type === 'counter');
    const [first] = counters.sort(
      (a, b) => builtOn(b) - builtOn(a) || Number(Boolean(this.metrics[a]?.sum)) - Number(Boolean(this.metrics[b]?.sum))
    );
    return first ?? names[0];
  }

  get firstAnnotation(): string | undefined {
    return Object.keys(this.annotations).sort()[0];
  }

  /** The dimensions that all of a query's answer has; undefined where that cannot be told. */
  dimensionsOf({ queryType, metrics, records, annotation = '' }: OrdersQuery): string[] | undefined {
    switch (queryType) {
      case 'annotation':
        return this.ofTable(this.annotations[annotation]?.table);
      case 'records':
        return records ? this.ofTable(records) : this.ofTable(this.partsOf(metrics[0] ?? '')[0]?.table);
      default:
        return metrics.length > 0 ? shared(metrics.map((name) => this.ofMetric(name))) : undefined;
    }
  }

  private ofMetric(name: string): string[] | undefined {
    const parts = this.partsOf(name);
    return parts.length > 0 ? shared(parts.map(({ table }) => this.ofTable(table))) : undefined;
  }

  private ofTable(name = ''): string[] | undefined {
    const table = this.tables[name];
    return table ? Object.keys(table.dimensions ?? {}) : undefined;
  }

  /** The metric itself or, of a ratio, the two that are divided. */
  private partsOf(name: string): DeclaredMetric[] {
    const plain = this.prefix && name.startsWith(this.prefix) ? name.slice(this.prefix.length) : name;
    const metric =
      this.metrics[name] ??
      this.metrics[plain] ??
      Object.values(this.metrics).find((candidate) => candidate?.aliases?.includes(name));
    if (metric?.type !== 'ratio') {
      return metric ? [metric] : [];
    }
    const parts = [metric.numerator, metric.denominator].map((part = '') => this.metrics[part]);
    return parts.filter((part) => part !== undefined && part !== null);
  }
}

function shared(lists: Array<string[] | undefined>): string[] | undefined {
  const [first, ...others] = lists;
  return first && others.every(Boolean)
    ? first.filter((name) => others.every((list) => list?.includes(name)))
    : undefined;
}
