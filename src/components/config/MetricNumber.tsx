import { escapeRegExp } from 'lodash';
import { useMemo } from 'react';

import { FieldType, formattedValueToString, getValueFormat, type FieldSparkline } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Icon, LoadingBar, Sparkline, Stack, Text, useTheme2 } from '@grafana/ui';

import type { MetricPreview } from './server';

interface Props {
  /** Absent while it is computed. */
  preview: MetricPreview | undefined;
  /** In which the number is shown, where it is not the preview's own. */
  unit?: string;
  decimals?: number;
  /** Whether no other numbers stand above or below it, with which it would align. */
  alone?: boolean;
}

const width = 120;
const height = 28;
// Of numbers that stand below each other in a list, and of number and line with the gap between them.
const numberWidth = 192;
const bothWidth = numberWidth + 8 + width;

/** What a metric is: its number over the last 24 hours, and a line of its hours. */
export function MetricNumber({ preview, unit = preview?.unit, decimals = preview?.decimals, alone }: Props) {
  const theme = useTheme2();
  const sparkline = useMemo(() => preview && toSparkline(preview), [preview]);
  if (!preview) {
    return (
      <div style={{ width: bothWidth }} role="status" aria-label={t('preview.loading', 'Computing the preview')}>
        <LoadingBar width={bothWidth} />
      </div>
    );
  }
  if (preview.error) {
    return (
      <div style={{ width: alone ? undefined : bothWidth }}>
        <Text color="error" variant="bodySmall">
          <Icon name="exclamation-triangle" /> {t('preview.failed', 'Does not work')}
        </Text>
      </div>
    );
  }
  const { value, digits } = preview;
  const exact = digits === undefined ? plainNumber(value, decimals) : exactNumber(digits);
  // As panels show it, which may be shortened: 1.23 Mil.
  const shown = shownNumber(value, unit, decimals);
  const number = shown ? formattedValueToString(shown) : exact;
  const written = digits ?? value?.toFixed(decimals ?? digitsOf(value));
  const plain = unit ? shown?.text : value?.toFixed(decimals);
  const whole = says(number, exact) || (written !== undefined && isAll(plain, written));
  return (
    <Stack alignItems="center" gap={1}>
      <div style={{ width: alone ? undefined : numberWidth, textAlign: 'right', textWrap: 'balance' }}>
        <Stack direction="column" gap={0} alignItems="flex-end">
          <Text weight="medium" tabular>
            {number}
          </Text>
          <Text variant="bodySmall" color="secondary" tabular>
            {whole ? showsLabel(preview.shows) : `${exact} · ${showsLabel(preview.shows)}`}
          </Text>
        </Stack>
      </div>
      <div
        role="img"
        aria-label={t('preview.sparkline', 'Each of the last 24 hours')}
        style={{ width, height, flexShrink: 0 }}
      >
        {sparkline && <Sparkline theme={theme} width={width} height={height} sparkline={sparkline} />}
      </div>
    </Stack>
  );
}

/** Whether a text has the number as it is, and not as a part of another one. */
function says(text: string, number: string): boolean {
  return new RegExp(`(?<![\\d.,])${escapeRegExp(number)}(?![\\d.,])`).test(text);
}

/** A number as panels show it, where they say how. */
function shownNumber(value: number | null, unit: string | undefined, decimals: number | undefined) {
  if (value === null || (!unit && decimals === undefined)) {
    return undefined;
  }
  // Without a unit Grafana drops the zeros of so many decimals.
  return unit
    ? getValueFormat(unit)(value, decimals)
    : { text: value.toLocaleString(undefined, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }) };
}

/** Whether a text without its unit is a number of so few digits that a float holds them, to the last but zeros. */
function isAll(text: string | undefined, digits: string): boolean {
  return digits.replace(/\D/g, '').length <= 15 && Number(text) === Number(digits);
}

/** A decimal number with all of its digits, as it is written where one lives. */
function exactNumber(digits: string): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)\.?(\d*?)0*$/.exec(digits) ?? [];
  const format = new Intl.NumberFormat();
  const point = format.formatToParts(0.5).find(({ type }) => type === 'decimal')?.value ?? '.';
  return `${sign}${format.format(BigInt(whole))}${fraction === '' ? '' : `${point}${fraction}`}`;
}

/** A number as it is written where one lives: whole ones with all digits, others with what tells them apart. */
function plainNumber(value: number | null, decimals = 0): string {
  if (value === null) {
    return t('preview.nothing', 'nothing');
  }
  const most = Number.isInteger(value) ? 0 : Math.max(digitsOf(value), decimals);
  return formattedValueToString(getValueFormat('locale')(value, most));
}

/** How many decimals show at least three digits of a fraction, and hundredths of what is larger. */
function digitsOf(value: number): number {
  return Math.min(Math.max(2, 2 - Math.floor(Math.log10(Math.abs(value)))), 20);
}

/** What the number of a preview is. */
function showsLabel(shows: MetricPreview['shows']): string {
  switch (shows) {
    case 'sum':
      return t('preview.shows.sum', 'sum of 24 h');
    case 'last':
      return t('preview.shows.last', 'now');
    case 'median':
      return t('preview.shows.median', 'median of 24 h');
    case 'ratio':
      return t('preview.shows.ratio', 'ratio of 24 h');
    case 'distinct':
      return t('preview.shows.distinct', 'different in 24 h');
  }
}

/** The hours as a line, or nothing where there are none to draw. */
function toSparkline({ sparkline }: MetricPreview): FieldSparkline | undefined {
  const numbers = sparkline.filter((value) => value !== null);
  if (numbers.length < 2) {
    return undefined;
  }
  const min = Math.min(...numbers);
  const max = Math.max(...numbers);
  return {
    y: {
      name: '',
      type: FieldType.number,
      values: sparkline,
      config: {},
      state: { range: { min, max, delta: max - min } },
    },
  };
}
