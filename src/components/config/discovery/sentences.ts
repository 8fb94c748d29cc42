import { t } from '@grafana/i18n';

import { said } from '../../../said';
import type { MetricDraft } from '../catalogDraft';
import { helpTexts } from './helpTexts';
import type { Item, Proposal, Sentence, Value } from './proposal';
import { reasonTexts } from './reasonTexts';
import { kindLabel, roleLabel } from './relationLabels';

/** What a text is filled in with: values as they are read, and the number that plural forms go by. */
export interface Fill extends Record<string, unknown> {
  count?: number;
}

/** The texts by their codes. */
export type Texts = Record<string, (fill: Fill) => string>;

const texts: Texts = { ...reasonTexts, ...helpTexts };

/** Sentences one after the other, in the language of the page. */
export function written(sentences: Sentence[]): string {
  return sentences.map((sentence) => whole(phrase(sentence) ?? wordless(sentence))).join(' ');
}

/** A proposal whose metrics are labelled and explained in the language of the page. */
export function translated(proposal: Proposal): Proposal {
  return { ...proposal, metrics: proposal.metrics.map((item) => ({ ...item, value: explained(item) })) };
}

/** What is not known here stays in the server's English. */
function explained({ value, label, help }: Item<MetricDraft>): MetricDraft {
  const sentences = help?.map((sentence) => (sentence.code === 'comment' ? comment(sentence) : phrase(sentence)));
  return {
    ...value,
    ...(label && { label: phrase(label) ?? value.label }),
    ...(sentences?.every((sentence) => sentence !== undefined) && { help: sentences.join('. ') }),
  };
}

/** The database's own words, which need no introduction where they explain a metric. */
function comment({ values }: Sentence): string {
  return readable('text', values?.text ?? '');
}

/** The sentence or phrase, or nothing where its code has no text. */
function phrase(sentence: Sentence): string | undefined {
  return texts[sentence.code]?.(fill(sentence));
}

function fill({ values = {}, parts = [] }: Sentence): Fill {
  const filled: Fill = { interpolation: { escapeValue: false } };
  for (const [name, value] of Object.entries(values)) {
    filled[name] = readable(name, value);
  }
  if (typeof values.number === 'number') {
    filled.count = values.number;
    filled.number = values.estimated ? `≈ ${readable('number', values.number)}` : filled.number;
  }
  if (parts.length > 0) {
    filled.parts = enumerate(parts.map((part) => phrase(part) ?? plain(part)));
  }
  return filled;
}

function readable(name: string, value: Value): string {
  if (Array.isArray(value)) {
    return enumerate(value);
  }
  if (typeof value === 'number') {
    return value.toLocaleString();
  }
  if (typeof value === 'object') {
    return said(value);
  }
  const text = String(value);
  return name === 'role' ? roleLabel(text) : name === 'kind' ? kindLabel(text) : text;
}

/** A list within a sentence: a, b and c; or a, b, … where it was cut short. */
function enumerate(list: string[]): string {
  const most = list.slice(0, -1).join(', ');
  const last = list.at(-1) ?? '';
  if (list.length < 2) {
    return last;
  }
  return last === '…'
    ? `${most}, …`
    : t('discovery.and', '{{most}} and {{last}}', { most, last, interpolation: { escapeValue: false } });
}

function whole(sentence: string): string {
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** What can be said of a sentence that the server knows and this page does not. */
function wordless(sentence: Sentence): string {
  return t('discovery.wordless', 'This page is older than the server and cannot put this into words: {{said}}', {
    said: plain(sentence),
    interpolation: { escapeValue: false },
  });
}

/** A code with its values, as in: holds orders (created_at, total). */
function plain({ code, values = {}, parts = [] }: Sentence): string {
  const details = [...Object.entries(values).map(([name, value]) => readable(name, value)), ...parts.map(plain)];
  const words = code.replaceAll('-', ' ');
  return details.length > 0 ? `${words} (${details.join(', ')})` : words;
}
