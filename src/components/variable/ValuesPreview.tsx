import { useEffect, useState } from 'react';

import type { TimeRange } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Alert, Text } from '@grafana/ui';

import type { DimensionValues } from '../../catalog';
import type { OrdersDataSource } from '../../datasource';
import type { OrdersVariableQuery } from '../../types';
import { errorText } from '../errorText';

interface Props {
  datasource: OrdersDataSource;
  query: OrdersVariableQuery;
  range?: TimeRange;
}

// As many as a filter may list.
const most = 1000;

/** How many values there are now, and what to do about too many or none. */
export function ValuesPreview({ datasource, query, range }: Props) {
  const [answer, setAnswer] = useState<{ asked: string; list?: DimensionValues; reason?: string }>();
  const { table, dimension, filters, allTime } = query;
  const asked = JSON.stringify([table, dimension, filters, allTime, range?.raw]);

  useEffect(() => {
    if (!table || !dimension) {
      return;
    }
    let wanted = true;
    datasource.getDimensionValues(table, dimension, { limit: most, range: allTime ? undefined : range, filters }).then(
      (list) => wanted && setAnswer({ asked, list }),
      (error: unknown) => wanted && setAnswer({ asked, reason: errorText(error) })
    );
    return () => {
      wanted = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- asked stands for what is asked
  }, [datasource, asked]);

  if (!answer || answer.asked !== asked) {
    return null;
  }
  if (!answer.list) {
    return (
      <Alert severity="warning" title={t('variable-editor.values.failed', 'The values could not be read')}>
        {answer.reason}
      </Alert>
    );
  }
  const { values, complete } = answer.list;
  if (values.length === 0 && JSON.stringify(filters ?? []).includes('$')) {
    // The variables that it depends on may have no value yet.
    return null;
  }
  if (!complete) {
    return (
      <Alert
        severity="info"
        title={t('variable-editor.values.many', 'More than {{most}} values: only the first are offered', {
          most,
        })}
      >
        {t(
          'variable-editor.values.many-hint',
          'Switch on "Search as you type" or filter the rows. As long as the list is not complete, "All" is refused; give the variable the custom value .* for all and use it with =~.'
        )}
      </Alert>
    );
  }
  return (
    <Text variant="bodySmall" color="secondary">
      {values.length > 0
        ? t('variable-editor.values.count', '', {
            count: values.length,
            defaultValue_one: '{{count}} value',
            defaultValue_other: '{{count}} values',
          })
        : t(
            'variable-editor.values.none',
            'There are no values now. Panels that filter by this variable will ask for a choice.'
          )}
    </Text>
  );
}
