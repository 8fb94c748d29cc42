import type { Message } from '../../../said';
import type { DimensionDraft, MetricDraft, TableDraft } from '../catalogDraft';

/** The answer of POST /discover: a catalog in parts, each of which can be accepted or not. */
export interface Proposal {
  timezone: Item<string>;
  tables: TableItem[];
  dimensions: Array<Item<DimensionDraft>>;
  metrics: Array<Item<MetricDraft>>;
  notes: Note[];
  /** How many relations were read, and whether there are more. */
  relations: number;
  truncated: boolean;
}

export interface Item<Value> {
  /** Leads to where the value belongs in a catalog, as metrics.orders_created does. */
  path: string;
  value: Value;
  /** Why it is proposed. */
  reasons: Sentence[];
  /** How a metric's value is labelled and explained, which is in English there; absent where names of the store do it. */
  label?: Sentence;
  help?: Sentence[];
  /** From 0 to 1. */
  confidence: number;
  selected: boolean;
  /** The paths of the items without which this one means nothing. */
  requires?: string[];
}

export interface TableItem extends Item<Omit<TableDraft, 'dimensions'>> {
  role: string;
  kind: string;
  /** Estimated; null where the server has no estimate. */
  rows: number | null;
  comment?: string;
}

/** A sentence or phrase of discovery, as Sentence of pkg/discover/texts.go: which one, and what fills it in. */
export interface Sentence {
  /** One of those that texts.go declares, with the names of their values. */
  code: string;
  values?: Record<string, Value>;
  /** What the sentence lists, each a phrase. */
  parts?: Sentence[];
}

/** A name, an expression or a number of the store, or what the server says of a problem. */
export type Value = string | number | boolean | string[] | Message;

export interface Note extends Sentence {
  /** Names a relation, or leads to an item; absent for the whole. */
  about?: string;
}

/** The last step of an item's path: the name that it is proposed under. */
export function proposedName({ path }: { path: string }): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** The path of the table to which a dimension belongs, or on which a metric is counted. */
export function tableOf(item: Item<unknown>, proposal: Proposal): string | undefined {
  const tables = new Set(proposal.tables.map(({ path }) => path));
  const metrics = new Map(proposal.metrics.map((metric) => [metric.path, metric]));
  // A ratio requires its parts only, and its numerator comes first.
  for (let at: Item<unknown> | undefined = item, steps = 0; at && steps < 3; steps++) {
    const table = at.requires?.find((path) => tables.has(path));
    if (table) {
      return table;
    }
    at = at.requires?.map((path) => metrics.get(path)).find((metric) => metric !== undefined);
  }
  return undefined;
}
