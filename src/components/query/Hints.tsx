import { Alert, Button, Stack } from '@grafana/ui';

import type { Hint } from '../../hints';
import type { OrdersQuery } from '../../types';

/** What could be better, each with the click that mends it, where one does. */
export function Hints({ hints, onChange }: { hints: Hint[]; onChange: (query: OrdersQuery) => void }) {
  return (
    <>
      {hints.map(({ severity, text, action, mended }) => (
        <Alert key={text} severity={severity} title={text} topSpacing={0} bottomSpacing={0}>
          {mended && (
            <Stack>
              <Button size="sm" variant="secondary" onClick={() => onChange(mended)}>
                {action}
              </Button>
            </Stack>
          )}
        </Alert>
      ))}
    </>
  );
}
