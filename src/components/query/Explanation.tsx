import { css } from '@emotion/css';
import { useEffect, useState } from 'react';

import type { GrafanaTheme2 } from '@grafana/data';
import { t, Trans } from '@grafana/i18n';
import { Alert, ClipboardButton, Collapse, LoadingPlaceholder, Text, useStyles2 } from '@grafana/ui';

import type { Explanation as Answer } from '../../catalog';
import type { ExplainContext, OrdersDataSource } from '../../datasource';
import { isComplete } from '../../query';
import { said } from '../../said';
import type { Filter, OrdersQuery, QueryType } from '../../types';
import { errorText } from '../errorText';
import type { AnswerFacts } from './frameFacts';
import { Freshness } from './Freshness';
import { operatorLabel, stepLabel } from './labels';

interface Props {
  datasource: OrdersDataSource;
  query: OrdersQuery;
  /** What the query asks for, where its own type is left out too. */
  queryType: QueryType;
  context?: ExplainContext;
  /** What the latest answer tells of itself, if there is one. */
  facts?: AnswerFacts;
}

/** What the numbers mean and how they are computed, or which rows or events there are, asked for once it is opened. */
export function Explanation({ context, ...asked }: Props) {
  const [isOpen, setOpen] = useState(false);
  const { title, nothing } = words(asked.queryType);
  return (
    <Collapse label={title} isOpen={isOpen} onToggle={() => setOpen(!isOpen)}>
      {isOpen && context && isComplete(asked.query) ? (
        <Details {...asked} context={context} />
      ) : (
        <Text color="secondary">{nothing}</Text>
      )}
    </Collapse>
  );
}

function words(queryType: QueryType): { title: string; nothing: string } {
  switch (queryType) {
    case 'records':
      return {
        title: t('query-editor.explain.title-rows', 'What are these rows?'),
        nothing: t('query-editor.explain.nothing-rows', 'Choose a metric or a table to see which rows these are.'),
      };
    case 'annotation':
      return {
        title: t('query-editor.explain.title-events', 'What are these events?'),
        nothing: t('query-editor.explain.nothing-events', 'Choose events to see what they are.'),
      };
    case 'metric':
      return {
        title: t('query-editor.explain.title', 'What is this number?'),
        nothing: t('query-editor.explain.nothing', 'Choose a metric to see what it means.'),
      };
  }
}

function Details({ datasource, query, queryType, context, facts }: Props & { context: ExplainContext }) {
  const styles = useStyles2(getStyles);
  const [answer, setAnswer] = useState<Answer>();
  const [reason, setReason] = useState<string>();

  // The query is a new object at every render; what it says decides.
  const asked = JSON.stringify([query, context.range.raw, context.intervalMs, context.maxDataPoints]);
  useEffect(() => {
    let wanted = true;
    datasource.explain(query, context).then(
      (explanation) => {
        if (wanted) {
          setAnswer(explanation);
          setReason(undefined);
        }
      },
      (error: unknown) => wanted && setReason(errorText(error))
    );
    return () => {
      wanted = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- asked stands for query and context
  }, [datasource, asked]);

  if (reason !== undefined) {
    return (
      <Alert severity="warning" title={t('query-editor.explain.failed', 'No explanation')}>
        {reason}
      </Alert>
    );
  }
  if (!answer) {
    return <LoadingPlaceholder text={t('query-editor.explain.loading', 'Asking…')} />;
  }
  return (
    <div className={styles.details}>
      <dl className={styles.definitions}>
        {answer.definitions.map(({ metric, help, definition }) => (
          <div key={metric}>
            <dt>
              <Text weight="medium">{metric}</Text>
            </dt>
            <dd>
              <Text>{help}</Text>
              <br />
              <Text color="secondary">{said(definition)}</Text>
            </dd>
          </div>
        ))}
        <div>
          <dt>
            <Text weight="medium">
              {queryType === 'metric'
                ? t('query-editor.explain.grid', 'Steps')
                : t('query-editor.explain.zone', 'Business time zone')}
            </Text>
          </dt>
          <dd>
            <Text>
              {queryType === 'metric'
                ? t('query-editor.explain.grid-text', '{{step}}, business time zone {{zone}}', {
                    step: stepLabel(answer.step).label,
                    zone: answer.timezone,
                    interpolation: { escapeValue: false },
                  })
                : answer.timezone}
            </Text>
          </dd>
        </div>
        <FilterList filters={query.filters ?? []} />
        {facts && <Freshness facts={facts} />}
      </dl>
      {answer.statements.map(({ sql, binds }, index) => (
        <div key={index} className={styles.statement}>
          <ClipboardButton
            className={styles.copy}
            icon="copy"
            size="sm"
            variant="secondary"
            fill="text"
            getText={() => sql}
            aria-label={t('query-editor.explain.copy', 'Copy the statement')}
          />
          <pre>{sql}</pre>
          {binds.length > 0 && (
            <Text variant="bodySmall" color="secondary">
              {binds.map(({ position, type }) => `$${position} ${type}`).join(', ')}
            </Text>
          )}
        </div>
      ))}
    </div>
  );
}

function FilterList({ filters }: { filters: Filter[] }) {
  if (filters.length === 0) {
    return null;
  }
  return (
    <div>
      <dt>
        <Text weight="medium">
          <Trans i18nKey="query-editor.filters.label">Filters</Trans>
        </Text>
      </dt>
      {filters.map((filter, index) => (
        <dd key={index}>
          <Text color="secondary">
            {[filter.key, operatorLabel(filter.operator), filter.values.join(', ')].filter(Boolean).join(' ')}
          </Text>
        </dd>
      ))}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  details: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(2) }),
  definitions: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1), margin: 0 }),
  statement: css({ position: 'relative' }),
  copy: css({ position: 'absolute', right: theme.spacing(1), top: theme.spacing(1) }),
});
