import { useState, type ComponentProps, type KeyboardEvent } from 'react';

import { Input } from '@grafana/ui';

interface Props extends Omit<ComponentProps<typeof Input>, 'value' | 'onChange' | 'onBlur' | 'ref'> {
  value: string;
  /** Called with the text when the input is left or Enter is pressed, if it changed. */
  onCommit: (text: string) => void;
}

/** An input that runs no query while it is being typed in. Escape takes back what was typed. */
export function CommitInput({ value, onCommit, ...props }: Props) {
  const [draft, setDraft] = useState<string>();
  const commit = () => {
    if (draft !== undefined && draft !== value) {
      onCommit(draft);
    }
    setDraft(undefined);
  };
  return (
    <Input
      {...props}
      value={draft ?? value}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === 'Enter') {
          commit();
        } else if (event.key === 'Escape' && draft !== undefined) {
          setDraft(undefined);
          // Grafana would leave the input now, and thereby commit; where nothing is typed it may.
          event.stopPropagation();
        }
      }}
    />
  );
}
