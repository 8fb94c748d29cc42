import { css } from '@emotion/css';
import type { ReactNode } from 'react';

import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';

/** A line below the fields of a row that says more of what they choose. */
export function Facts({ children }: { children: ReactNode }) {
  return <div className={useStyles2(getStyles)}>{children}</div>;
}

const getStyles = (theme: GrafanaTheme2) =>
  css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', flexBasis: '100%', gap: theme.spacing(0.5, 1) });
