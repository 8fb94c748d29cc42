import type { ReactNode } from 'react';

import { t } from '@grafana/i18n';
import { Alert, Box } from '@grafana/ui';

import { said, type Message } from '../../../said';

interface Props {
  /** Why nothing could be computed. */
  failure?: string;
  /** Why the entry does not work. */
  error?: Message;
  children: ReactNode;
}

/** What an entry of the catalog shows, at the end of its form. */
export function PreviewBox({ failure, error, children }: Props) {
  return (
    <Box padding={2} borderStyle="solid" borderColor="weak" borderRadius="default">
      {failure === undefined ? (
        children
      ) : (
        <Alert severity="error" title={t('form.no-preview', 'The preview could not be computed')} bottomSpacing={0}>
          {failure}
        </Alert>
      )}
      {error && said(error)}
    </Box>
  );
}
