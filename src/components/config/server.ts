import { t } from '@grafana/i18n';
import { getDataSourceSrv, isFetchError } from '@grafana/runtime';

import { OrdersDataSource } from '../../datasource';
import { language, type Message } from '../../said';
import type { MetricType } from '../../types';
import { errorText } from '../errorText';
import type { CatalogDraft } from './catalogDraft';
import type { Proposal } from './discovery/proposal';

/** The data source as it is saved, whose server does what the settings page asks for. */
export async function savedDataSource(uid: string): Promise<OrdersDataSource> {
  const datasource: unknown = await getDataSourceSrv().get({ uid });
  if (!(datasource instanceof OrdersDataSource)) {
    throw new Error(t('config-editor.other-type', 'The data source {{uid}} is of another type', { uid }));
  }
  return datasource;
}

/** What POST /preview says about a draft. */
export interface Preview {
  /** What is wrong with the draft. Where there is anything, nothing of it is computed. */
  problems: Array<{ path: string; message: Message }>;
  /** The start of the first hour of sparklines, in milliseconds since the epoch, and from point to point. */
  from: number;
  stepMs: number;
  metrics: MetricPreview[];
  annotations: AnnotationPreview[];
}

/** A metric over the last 24 hours and in each of them. */
export interface MetricPreview {
  name: string;
  type: MetricType;
  shows: 'sum' | 'last' | 'median' | 'ratio' | 'distinct';
  value: number | null;
  /** All digits of the value, where it is a whole or decimal number: it may have more than the number keeps. */
  digits?: string;
  unit?: string;
  decimals?: number;
  sparkline: Array<number | null>;
  error?: Message;
}

/** The events of an annotation in the last days. */
export interface AnnotationPreview {
  name: string;
  days: number;
  events: number;
  /** Whether there are more than were counted. */
  more: boolean;
  /** The latest first, and few of them. */
  latest: EventPreview[];
  error?: Message;
}

/** An event. Instants are milliseconds since the epoch. */
export interface EventPreview {
  time: number;
  /** Of a period that has ended. */
  end?: number;
  running?: boolean;
  title: string | null;
  text: string | null;
}

/**
 * Has the server read the store's schema and propose a catalog. Nothing is saved. Where the zone of the business is not
 * known, that of whoever asks is a guess.
 */
export function discover(
  uid: string,
  timezone: string | undefined,
  localTimezone: string,
  schemas: string[]
): Promise<Proposal> {
  return post<Proposal>(uid, 'discover', { timezone, localTimezone, schemas });
}

/** Names of a draft's metrics and annotations, at most 50 of each. */
export type Previewed = Record<'metrics' | 'annotations', string[]>;

/** Has the server check a draft, and compute or look for what is named. Nothing is saved. */
export function preview(uid: string, catalog: CatalogDraft, names: Partial<Previewed>): Promise<Preview> {
  return post<Preview>(uid, 'preview', { catalog, metrics: [], annotations: [], ...names });
}

/** The scripts by which a DBA installs a table's change log, and takes it away. Nothing is run. */
export interface ChangelogSQL {
  table: string;
  install: string;
  uninstall: string;
}

/** Asks for the scripts of a table of the saved catalog, commented in the language of the page. */
export function changelogSQL(uid: string, table: string): Promise<ChangelogSQL> {
  return post<ChangelogSQL>(uid, 'changelog-sql', { table, language: language() });
}

/** A table, view or the like that the data source's role may read, as a catalog names it. */
export interface Relation {
  relation: string;
  kind: string;
  comment?: string;
  columns: RelationColumn[];
}

export interface RelationColumn {
  /** The column's own name, as times and records want it, and the name as SQL writes it. */
  name: string;
  expression: string;
  type: string;
  class: string;
  comment?: string;
}

/** Lists what a catalog may name. */
export async function relations(uid: string): Promise<Relation[]> {
  const datasource = await savedDataSource(uid);
  const answer = await datasource.getResource<{ relations: Relation[] }>('relations', undefined, quiet);
  return answer.relations;
}

// The settings page shows failures where they belong.
const quiet = { showErrorAlert: false };

async function post<Answer>(uid: string, path: string, body: object): Promise<Answer> {
  const datasource = await savedDataSource(uid);
  return datasource.postResource<Answer>(path, body, quiet);
}

/** Why an administrator's request failed, and what to do. */
export function failureText(error: unknown): string {
  if (isFetchError(error)) {
    switch (error.status) {
      case 401:
        return t(
          'config-editor.failure.session',
          'Your session has ended. Sign in again in another tab, then try again here: what you typed is still on this page.'
        );
      case 403:
        return t(
          'config-editor.failure.forbidden',
          'Only an administrator of the organisation may do this. Ask one, or sign in as one.'
        );
      case 504:
        return t('config-editor.failure.time', 'The store did not answer in time. {{details}}', {
          details: errorText(error),
          interpolation: { escapeValue: false },
        });
    }
  }
  return errorText(error);
}
