import { useId } from 'react';

import { t, Trans } from '@grafana/i18n';
import { EditorField, EditorFieldGroup } from '@grafana/plugin-ui';
import { Badge, Text } from '@grafana/ui';

import type { Catalog, CatalogAnnotation } from '../../catalog';
import type { OrdersQuery } from '../../types';
import { SteadyCombobox } from '../steady';
import { Facts } from './Facts';
import { LimitField } from './LimitField';
import { annotationLabel } from './labels';
import { variableOptions } from './options';

interface Props {
  catalog: Catalog;
  variables: string[];
  query: OrdersQuery;
  onChange: (query: OrdersQuery) => void;
}

const limits = { standard: 100, most: 1000 };

/** Which events of the catalog, and how many. */
export function AnnotationFields({ catalog, variables, query, onChange }: Props) {
  const id = useId();
  const { annotation: name = '' } = query;
  const annotation = catalog.annotations.find((candidate) => candidate.name === name);
  const unknown = name !== '' && !annotation && !name.includes('$');

  const select = (chosen: string) => {
    const dimensions = catalog.annotations.find((candidate) => candidate.name === chosen)?.dimensions;
    // A filter on what these events do not have is no part of the query.
    const filters = query.filters?.filter(({ key }) => !dimensions || key.includes('$') || dimensions.includes(key));
    onChange({ ...query, annotation: chosen, filters: filters?.length ? filters : undefined });
  };

  return (
    <>
      <EditorFieldGroup>
        <EditorField
          label={t('query-editor.annotation.label', 'Events')}
          htmlFor={`${id}-annotation`}
          width={38}
          invalid={unknown}
          error={
            unknown
              ? t('query-editor.annotation.unknown', 'The catalog has no annotation {{name}}', {
                  name,
                  interpolation: { escapeValue: false },
                })
              : undefined
          }
          description={
            catalog.annotations.length === 0
              ? t('query-editor.annotation.none', 'The catalog declares no annotations; an administrator can add them')
              : undefined
          }
        >
          <SteadyCombobox
            id={`${id}-annotation`}
            value={annotation ? { value: name, label: annotationLabel(annotation).label } : name || null}
            placeholder={t('query-editor.annotation.placeholder', 'Choose events')}
            options={[
              ...catalog.annotations.map((candidate) => ({ value: candidate.name, ...annotationLabel(candidate) })),
              ...variableOptions(variables),
            ]}
            invalid={unknown}
            disabled={catalog.annotations.length === 0}
            onChange={({ value }) => select(value)}
          />
        </EditorField>
        <LimitField {...limits} value={query.limit} onChange={(limit) => onChange({ ...query, limit })} />
      </EditorFieldGroup>
      {annotation && <AnnotationFacts annotation={annotation} />}
    </>
  );
}

/** What the events are, in a line. */
function AnnotationFacts({ annotation: { periods, help, owner, tags } }: { annotation: CatalogAnnotation }) {
  return (
    <Facts>
      {periods ? (
        <Badge text={t('query-editor.annotation.periods', 'periods')} color="purple" />
      ) : (
        <Badge text={t('query-editor.annotation.instants', 'instants')} color="blue" />
      )}
      <Text variant="bodySmall" color="secondary">
        {[help, owner].filter(Boolean).join(' · ')}
      </Text>
      {tags.length > 0 && (
        <Text variant="bodySmall" color="secondary">
          <Trans i18nKey="query-editor.annotation.tags">Tags:</Trans> {tags.join(', ')}
        </Text>
      )}
    </Facts>
  );
}
