import type { MetricType } from '../../types';

/** A catalog as an administrator writes it. What is checked of it is in catalogText.ts and on the server. */
export interface CatalogDraft {
  version: number;
  prefix?: string;
  timezone: string;
  tables: Record<string, TableDraft>;
  metrics: Record<string, MetricDraft>;
  annotations?: Record<string, AnnotationDraft>;
}

export interface TableDraft {
  relation: string;
  time?: string;
  timezone?: string;
  where?: string;
  changes?: ChangesDraft;
  records?: string[];
  link?: string;
  dimensions?: Record<string, DimensionDraft>;
  owner?: string;
}

export const changeModes = ['none', 'log', 'updated_at', 'append_only'] as const;
export type ChangeMode = (typeof changeModes)[number];

export interface ChangesDraft {
  mode: ChangeMode;
  column?: string;
  lateness?: string;
  base?: string;
}

export interface DimensionDraft {
  column: string;
  label?: string;
  values?: string[];
  lookback?: string;
}

/** A metric; which keys it takes depends on its type. */
export interface MetricDraft {
  type: MetricType;
  help: string;
  label?: string;
  unit?: string;
  decimals?: number;
  owner?: string;
  aliases?: string[];
  table?: string;
  time?: string;
  where?: string;
  sum?: string;
  observe?: string;
  column?: string;
  opened?: string;
  closed?: string;
  numerator?: string;
  denominator?: string;
  quantiles?: number[];
}

/** Rows of a table as events. */
export interface AnnotationDraft {
  table: string;
  title: string;
  help: string;
  time?: string;
  end?: string;
  text?: string;
  tags?: string[];
  where?: string;
  label?: string;
  owner?: string;
}

/** Whether two relations are the same: those without a schema are of the schema public. */
export function sameRelation(a: string, b: string): boolean {
  const whole = (relation: string) => (relation.includes('.') ? relation : `public.${relation}`).replaceAll(/\s/g, '');
  return whole(a) === whole(b);
}

/** The name, or with the first number from 2 on that makes it free. */
export function freeName(name: string, taken: (name: string) => boolean): string {
  let free = name;
  for (let n = 2; taken(free); n++) {
    free = `${name}_${n}`;
  }
  return free;
}
