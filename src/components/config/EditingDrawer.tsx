import type { ComponentProps, KeyboardEvent } from 'react';

import { Drawer } from '@grafana/ui';

import { useFocusReturn } from './useFocusReturn';

type Props = Omit<ComponentProps<typeof Drawer>, 'closeOnMaskClick'>;

/**
 * A drawer in which somebody works. Neither a click beside it nor the Escape that closes a list in it throws the work
 * away.
 */
export function EditingDrawer({ children, ...drawer }: Props) {
  useFocusReturn();
  return (
    <Drawer {...drawer} closeOnMaskClick={false}>
      <div role="presentation" onKeyDown={leaveToLists}>
        {children}
      </div>
    </Drawer>
  );
}

/** Keeps from the drawer the Escape that is meant for an open list. */
function leaveToLists(event: KeyboardEvent) {
  const { target } = event;
  if (event.key === 'Escape' && target instanceof Element && target.getAttribute('aria-expanded') === 'true') {
    event.stopPropagation();
  }
}
