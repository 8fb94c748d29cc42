import type { ReactNode } from 'react';

import { t } from '@grafana/i18n';
import { Box, IconButton, Stack, Text } from '@grafana/ui';

import { said, type Message } from '../../../said';

interface Props {
  title: string;
  badge: ReactNode;
  about: string;
  /** Why it does not work. */
  failure?: Message;
  readOnly: boolean;
  /** What would mean nothing without it; it cannot be removed while there is anything. */
  needed?: string[];
  /** Whether it is the last of those of which a catalog needs one. */
  isLast?: boolean;
  onEdit: () => void;
  onRemove: () => void;
  children?: ReactNode;
}

/** A table, metric or annotation in the list of the catalog's. */
export function EntryRow({
  title,
  badge,
  about,
  failure,
  readOnly,
  needed = [],
  isLast = false,
  onEdit,
  onRemove,
  children,
}: Props) {
  const asIs = { interpolation: { escapeValue: false } };
  return (
    <Box role="group" aria-label={title} paddingX={2} paddingY={1} backgroundColor="secondary" borderRadius="default">
      <Stack justifyContent="space-between" alignItems="center" gap={2}>
        <Stack direction="column" gap={0} flex={1}>
          <Stack gap={1} alignItems="center" wrap="wrap">
            <Text weight="medium">{title}</Text>
            {badge}
          </Stack>
          {about !== '' && (
            <Text variant="bodySmall" color="secondary">
              {about}
            </Text>
          )}
          {failure !== undefined && (
            <Text variant="bodySmall" color="error">
              {said(failure)}
            </Text>
          )}
        </Stack>
        {children}
        {!readOnly && (
          <Stack gap={1}>
            <IconButton name="pen" tooltip={t('form.edit', 'Edit {{title}}', { title, ...asIs })} onClick={onEdit} />
            <IconButton
              name="trash-alt"
              disabled={needed.length > 0 || isLast}
              tooltip={
                needed.length > 0
                  ? t('form.needed', '{{title}} is used by {{users}}', { title, users: needed.join(', '), ...asIs })
                  : isLast
                    ? t('form.last', '{{title}} is the last one, and a catalog needs one', { title, ...asIs })
                    : t('form.remove', 'Remove {{title}}', { title, ...asIs })
              }
              onClick={onRemove}
            />
          </Stack>
        )}
      </Stack>
    </Box>
  );
}
