import type { PanelData } from '@grafana/data';

/** What a frame tells of its answer in meta.custom; see Custom in pkg/frames/meta.go. */
export interface FrameFacts {
  /** The database's clock in the snapshot that answered, in milliseconds since 1970. */
  asOf: number;
  step: string;
  feed: string;
  guarantee: string;
  databaseMs: number;
  /** The buckets of kept numbers that made the answer, and those of them that were read for it. */
  cached?: number;
  fetched?: number;
  /** Of records: the bounds of their times, half-open, and how many there are, shown or not. */
  from?: number;
  to?: number;
  matching?: number;
}

/** What the latest answer tells of itself, and the time zone in which its instants are shown. */
export interface AnswerFacts extends FrameFacts {
  timeZone?: string;
}

/** The facts of the latest answer to a query, if there is one. What a query that failed tells is no such fact. */
export function frameFacts(data: PanelData | undefined, refId: string): AnswerFacts | undefined {
  const frame = data?.series.find(
    (candidate) => candidate.refId === refId && candidate.meta?.custom && !candidate.meta.custom.error
  );
  return frame && { ...(frame.meta?.custom as FrameFacts), timeZone: data?.request?.timezone };
}
