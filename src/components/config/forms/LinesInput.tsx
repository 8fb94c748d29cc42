import { useState } from 'react';

import { TextArea } from '@grafana/ui';

interface Props {
  id: string;
  value: string[] | undefined;
  placeholder?: string;
  invalid?: boolean;
  onChange: (lines: string[] | undefined) => void;
}

/** A list of texts, each on a line. Blank lines count for nothing. */
export function LinesInput({ id, value = [], placeholder, invalid, onChange }: Props) {
  // What is typed, with the line that is about to begin.
  const [text, setText] = useState(() => value.join('\n'));
  return (
    <TextArea
      id={id}
      rows={Math.min(Math.max(text.split('\n').length, 2), mostRows)}
      disabled={hasLongLines(value)}
      value={text}
      placeholder={placeholder}
      invalid={invalid}
      onChange={(event) => {
        setText(event.currentTarget.value);
        const lines = event.currentTarget.value.split('\n').filter((line) => line.trim() !== '');
        onChange(lines.length > 0 ? lines : undefined);
      }}
    />
  );
}

const mostRows = 8;

/** Whether one of the texts goes over several lines, so that the list can be written as YAML only. */
export function hasLongLines(value: string[] | undefined): boolean {
  return value?.some((item) => item.includes('\n')) ?? false;
}
