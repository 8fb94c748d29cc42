import { css } from '@emotion/css';
import type { ReactElement } from 'react';

import type { GrafanaTheme2 } from '@grafana/data';
import { Field, IconButton, Space, Stack, useStyles2 } from '@grafana/ui';

interface Props {
  label: string;
  /** What one may want to know before choosing, if there is anything. */
  help?: string;
  htmlFor: string;
  children: ReactElement;
}

/**
 * An EditorField with an explanation behind an icon. Its own is a picture
 * without a name that takes the focus; this one is a button whose name is the
 * explanation, and which stands beside the label, not in it.
 */
export function HelpedField({ label, help, htmlFor, children }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <Field
      noMargin
      htmlFor={htmlFor}
      label={
        <>
          <Stack gap={1} alignItems="center">
            <label className={styles.label} htmlFor={htmlFor}>
              {label}
            </label>
            {help && <IconButton name="info-circle" size="sm" tooltip={help} tooltipPlacement="top" />}
          </Stack>
          <Space v={0.5} />
        </>
      }
    >
      {children}
    </Field>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  // As that of an EditorField, beside which it stands.
  label: css({ fontSize: theme.typography.bodySmall.fontSize, fontWeight: theme.typography.fontWeightMedium }),
});
