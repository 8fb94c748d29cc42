import { css } from '@emotion/css';
import type { ReactNode } from 'react';

import type { GrafanaTheme2 } from '@grafana/data';
import { Stack, useStyles2 } from '@grafana/ui';

/** What ends the work in a drawer, in sight however long the drawer is. */
export function DrawerFooter({ children }: { children: NonNullable<ReactNode> }) {
  return (
    <div className={useStyles2(getStyles)}>
      <Stack gap={2} alignItems="center">
        {children}
      </Stack>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) =>
  css({
    position: 'sticky',
    bottom: 0,
    padding: theme.spacing(2, 0),
    background: theme.colors.background.primary,
    borderTopWidth: 1,
    borderTopStyle: 'solid',
    borderTopColor: theme.colors.border.weak,
    zIndex: theme.zIndex.navbarFixed,
  });
