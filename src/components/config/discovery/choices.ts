import { isEqual } from 'lodash';

import {
  freeName,
  sameRelation,
  type CatalogDraft,
  type DimensionDraft,
  type MetricDraft,
  type TableDraft,
} from '../catalogDraft';
import { proposedName, tableOf, type Item, type Proposal } from './proposal';

/** What an administrator decides about an item. */
export interface Choice {
  accepted: boolean;
  name: string;
  label?: string;
  unit?: string;
}

/** Choices by the paths of the items. */
export type Choices = Record<string, Choice>;

/**
 * How an item stands to the catalog there is: its place is free, or the catalog
 * has the same already, or something else of that name. What the catalog has
 * stays as it is.
 */
export type Standing = 'free' | 'same' | 'taken';

/**
 * The choices to begin with: what discovery selected and the catalog does not
 * have; of a store from which the catalog was chosen already, nothing more.
 */
export function firstChoices(proposal: Proposal, catalog: CatalogDraft | undefined): Choices {
  const choices: Choices = {};
  const again = wasChosenFrom(proposal, catalog);
  for (const item of proposal.tables) {
    const name = tableName(item, catalog);
    choices[item.path] = { accepted: item.selected && (!again || name in (catalog?.tables ?? {})), name };
  }
  for (const item of [...proposal.dimensions, ...proposal.metrics]) {
    const { label } = item.value;
    const unit = 'unit' in item.value ? item.value.unit : undefined;
    choices[item.path] = { accepted: item.selected && !again, name: proposedName(item), label, unit };
  }
  for (const item of [...proposal.dimensions, ...proposal.metrics]) {
    if (standing(item, proposal, choices, catalog) !== 'free') {
      choices[item.path] = { ...(choices[item.path] as Choice), accepted: false };
    }
  }
  return choices;
}

/**
 * Whether the catalog has a table of those proposed. Somebody has chosen among them then, and what the catalog does not
 * have may have been left out on purpose.
 */
export function wasChosenFrom(proposal: Proposal, catalog: CatalogDraft | undefined): boolean {
  return proposal.tables.some((item) => tableName(item, catalog) in (catalog?.tables ?? {}));
}

/** What an administrator changed about an item: whether it is accepted, or how it is named and shown. */
export type Change = { path: string } & ({ accepted: boolean } | { shown: Omit<Choice, 'accepted'> });

/** The choices that an administrator's changes, one after the other, make of the first ones. */
export function changedChoices(proposal: Proposal, catalog: CatalogDraft | undefined, changes: Change[]): Choices {
  return changes.reduce(
    (choices, change) => {
      const choice = choices[change.path];
      if (!choice) {
        return choices; // It is not proposed any more.
      }
      return 'accepted' in change
        ? accept(choices, proposal, catalog, change.path, change.accepted)
        : { ...choices, [change.path]: { ...choice, ...change.shown } };
    },
    firstChoices(proposal, catalog)
  );
}

/** A table that reads the same relation is the same table, whatever its name; else the name must be free. */
function tableName(item: Item<Pick<TableDraft, 'relation'>>, catalog: CatalogDraft | undefined): string {
  const tables = catalog?.tables ?? {};
  const same = Object.keys(tables).find((name) => sameRelation(tables[name]?.relation ?? '', item.value.relation));
  return same ?? freeName(proposedName(item), (name) => name in tables);
}

/** Whether the catalog has a table of the item's relation. */
export function hasTable(path: string, choices: Choices, catalog: CatalogDraft | undefined): boolean {
  return (choices[path]?.name ?? '') in (catalog?.tables ?? {});
}

/** How an item stands to the catalog under the name that is chosen for it. */
export function standing(
  item: Item<DimensionDraft | MetricDraft>,
  proposal: Proposal,
  choices: Choices,
  catalog: CatalogDraft | undefined
): Standing {
  const name = choices[item.path]?.name ?? '';
  const metric = proposal.metrics.find(({ path }) => path === item.path);
  const there = metric
    ? catalog?.metrics[name]
    : catalog?.tables[choices[parentOf(item.path)]?.name ?? '']?.dimensions?.[name];
  if (!there) {
    return 'free';
  }
  const proposed = metric ? adaptMetric(metric.value, choices, proposal, catalog) : item.value;
  return isEqual(meaning(there), meaning(proposed)) ? 'same' : 'taken';
}

/** What makes a dimension or metric what it is, without how it is shown. */
function meaning(value: DimensionDraft | MetricDraft): object {
  const { label, ...rest } = value;
  if ('type' in rest) {
    const { help, unit, decimals, owner, aliases, ...defined } = rest;
    return defined;
  }
  return rest;
}

/** The items with names that cannot be used: taken in the catalog, twice in the proposal, or no names at all. */
export function misnamed(proposal: Proposal, choices: Choices, catalog: CatalogDraft | undefined): Set<string> {
  const accepted = proposal.metrics.filter(({ path }) => choices[path]?.accepted);
  const names = accepted.map(({ path }) => choices[path]?.name);
  return new Set(
    accepted
      .filter(({ path }) => {
        const name = choices[path]?.name ?? '';
        const twice = names.indexOf(name) !== names.lastIndexOf(name);
        return twice || !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name in (catalog?.metrics ?? {});
      })
      .map(({ path }) => path)
  );
}

/**
 * Accepts an item with all that it requires, and a table with what discovery selected of it; or none of those that
 * require it.
 */
export function accept(
  choices: Choices,
  proposal: Proposal,
  catalog: CatalogDraft | undefined,
  path: string,
  accepted: boolean
): Choices {
  const items = [...proposal.tables, ...proposal.dimensions, ...proposal.metrics] as Array<Item<unknown>>;
  const changed = { ...choices };
  const visit = (at: string) => {
    const item = items.find((candidate) => candidate.path === at);
    const choice = changed[at];
    if (!item || !choice || choice.accepted === accepted) {
      return;
    }
    const metric = proposal.metrics.find((candidate) => candidate.path === at);
    if (accepted && at !== path && metric && standing(metric, proposal, choices, catalog) === 'same') {
      return; // The catalog has what is required.
    }
    changed[at] = { ...choice, accepted };
    const next = accepted
      ? (item.requires ?? [])
      : items.filter((other) => other.requires?.includes(at)).map((other) => other.path);
    next.forEach(visit);
  };
  visit(path);
  if (accepted && proposal.tables.some((table) => table.path === path)) {
    [...proposal.dimensions, ...proposal.metrics]
      .filter((item) => item.selected && tableOf(item, proposal) === path)
      .filter((item) => standing(item, proposal, choices, catalog) === 'free')
      .forEach((item) => visit(item.path));
  }
  return changed;
}

/**
 * The catalog with the accepted items added. What it has already is not
 * changed, except that its tables get the dimensions that they lack.
 */
export function mergeProposal(catalog: CatalogDraft | undefined, proposal: Proposal, choices: Choices): CatalogDraft {
  const merged: CatalogDraft = {
    ...(catalog ?? { version: 1, timezone: proposal.timezone.value }),
    tables: { ...catalog?.tables },
    metrics: { ...catalog?.metrics },
  };
  const accepted = ({ path }: { path: string }) => choices[path]?.accepted === true;

  for (const item of proposal.tables.filter(accepted)) {
    const name = choices[item.path]?.name ?? '';
    merged.tables[name] ??= item.value;
  }
  for (const item of proposal.dimensions.filter(accepted)) {
    const choice = choices[item.path] as Choice;
    const name = choices[parentOf(item.path)]?.name ?? '';
    const table = merged.tables[name];
    if (table && !(choice.name in (table.dimensions ?? {}))) {
      const dimension = named(item.value, choice);
      merged.tables[name] = { ...table, dimensions: { ...table.dimensions, [choice.name]: dimension } };
    }
  }
  for (const item of proposal.metrics.filter(accepted)) {
    const choice = choices[item.path] as Choice;
    const { unit, ...metric } = named(adaptMetric(item.value, choices, proposal, catalog), choice);
    merged.metrics[choice.name] ??= choice.unit ? { ...metric, unit: choice.unit } : metric;
  }
  return merged;
}

function named<Value extends { label?: string }>(value: Value, { label }: Choice): Value {
  const { label: proposed, ...rest } = value;
  return (label ? { ...rest, label } : rest) as Value;
}

/**
 * The metric in the words of the catalog: tables and metrics by the names that
 * are chosen for them, and its own time where the catalog's table counts by another.
 */
function adaptMetric(
  metric: MetricDraft,
  choices: Choices,
  proposal: Proposal,
  catalog: CatalogDraft | undefined
): MetricDraft {
  const adapted = { ...metric };
  if (metric.table !== undefined) {
    const path = `tables.${metric.table}`;
    adapted.table = choices[path]?.name ?? metric.table;
    const proposed = proposal.tables.find((table) => table.path === path)?.value.time;
    const there = catalog?.tables[adapted.table];
    if (there && metric.type !== 'gauge' && metric.time === undefined && there.time !== proposed) {
      adapted.time = proposed;
    }
  }
  for (const part of ['numerator', 'denominator'] as const) {
    const name = metric[part];
    if (name !== undefined) {
      adapted[part] = choices[`metrics.${name}`]?.name ?? name;
    }
  }
  return adapted;
}

/** The path of the table in whose path a dimension's one lies. */
function parentOf(path: string): string {
  return path.slice(0, path.indexOf('.dimensions.'));
}
