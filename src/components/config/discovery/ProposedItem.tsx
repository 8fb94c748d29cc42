import { useRef, useState, type KeyboardEvent } from 'react';

import { t } from '@grafana/i18n';
import { Badge, Checkbox, Field, IconButton, Input, Stack, Text, UnitPicker } from '@grafana/ui';

import { said } from '../../../said';
import type { MetricType } from '../../../types';
import { typeLabel } from '../../query/labels';
import type { DimensionDraft, MetricDraft } from '../catalogDraft';
import { MetricNumber } from '../MetricNumber';
import type { MetricPreview } from '../server';
import type { Choice, Standing } from './choices';
import type { Item } from './proposal';
import { written } from './sentences';

interface Props {
  item: Item<MetricDraft> | Item<DimensionDraft>;
  choice: Choice;
  standing: Standing;
  /** Whether it is accepted under a name that cannot be used. */
  invalid: boolean;
  onAccept: (accepted: boolean) => void;
  onChoose: (choice: Choice) => void;
  /** Of a metric only, as is the preview. */
  type?: MetricType;
  preview?: { shown: MetricPreview | undefined };
}

/** A metric or dimension that is proposed, why, and what it shows. */
export function ProposedItem({ item, choice, standing, invalid, onAccept, onChoose, type, preview }: Props) {
  const [editing, setEditing] = useState(false);
  const pencil = useRef<HTMLButtonElement>(null);
  const title = choice.label || choice.name;
  const id = `live-orders-${item.path.replaceAll('.', '-')}`;
  const isMetric = type !== undefined;
  const blocked = standing === 'same' || (standing === 'taken' && !isMetric);

  /** Escape closes the form and not the drawer, unless it is meant for an open list. */
  const leave = (event: KeyboardEvent) => {
    const { target } = event;
    const opensList = target !== pencil.current && (target as Element).getAttribute('aria-expanded') === 'true';
    if (event.key === 'Escape' && (editing || invalid) && !opensList) {
      event.stopPropagation();
      setEditing(false);
      pencil.current?.focus();
    }
  };

  return (
    <Stack direction="column" gap={1} role="group" aria-label={title} onKeyDown={leave}>
      <Stack justifyContent="space-between" gap={2} alignItems="flex-start">
        <Stack direction="column" gap={0} flex={1}>
          <Stack gap={1} alignItems="center" wrap="wrap">
            <Checkbox
              label={title}
              value={choice.accepted}
              disabled={blocked}
              onChange={(event) => onAccept(event.currentTarget.checked)}
            />
            {type && <Badge color="darkgrey" text={typeLabel(type).label} />}
            {standing === 'same' && <Badge color="darkgrey" text={t('discovery.in-catalog', 'in the catalog')} />}
            {standing === 'taken' && (
              <Badge
                color="orange"
                text={
                  isMetric
                    ? t('discovery.taken', 'the catalog has another one of this name: choose a new name')
                    : t('discovery.kept', 'the catalog has another one of this name, which is kept')
                }
              />
            )}
            {item.confidence < unsure && <Badge color="orange" text={t('discovery.unsure', 'a guess')} />}
            {!blocked && (
              <IconButton
                ref={pencil}
                name="pen"
                size="sm"
                aria-expanded={editing}
                aria-label={t('discovery.edit', 'Edit {{title}}', { title, interpolation: { escapeValue: false } })}
                onClick={() => setEditing(!editing)}
              />
            )}
          </Stack>
          <Text variant="bodySmall" color="secondary">
            {'help' in item.value ? `${item.value.help}. ` : ''}
            {written(item.reasons)}
          </Text>
          {preview?.shown?.error && (
            <Text variant="bodySmall" color="error">
              {said(preview.shown.error)}
            </Text>
          )}
        </Stack>
        {preview && <MetricNumber preview={preview.shown} unit={choice.unit} />}
      </Stack>
      {(editing || invalid) && (
        <Stack gap={2} wrap="wrap">
          {isMetric && (
            <Field
              noMargin
              label={t('discovery.name.label', 'Name')}
              description={t('discovery.name.description', 'Letters, digits and underscores')}
              invalid={invalid}
              error={invalid && t('discovery.name.invalid', 'Taken, or not allowed')}
            >
              <Input
                id={`${id}-name`}
                width={34}
                value={choice.name}
                onChange={(event) => onChoose({ ...choice, name: event.currentTarget.value.trim() })}
              />
            </Field>
          )}
          <Field
            noMargin
            label={t('discovery.label.label', 'Label')}
            description={t('discovery.label.description', 'What editors and legends show')}
          >
            <Input
              id={`${id}-label`}
              width={34}
              value={choice.label ?? ''}
              onChange={(event) => onChoose({ ...choice, label: event.currentTarget.value })}
            />
          </Field>
          {isMetric && (
            <Field
              noMargin
              label={t('discovery.unit.label', 'Unit')}
              description={t('discovery.unit.description', 'How its numbers are written')}
            >
              <UnitPicker
                id={`${id}-unit`}
                width={34}
                value={choice.unit}
                onChange={(unit) => onChoose({ ...choice, unit })}
              />
            </Field>
          )}
        </Stack>
      )}
    </Stack>
  );
}

/** Below this confidence an item is called a guess. */
const unsure = 0.5;
