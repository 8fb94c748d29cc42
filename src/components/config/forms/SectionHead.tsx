import { Button, Stack, Text } from '@grafana/ui';

interface Props {
  title: string;
  /** What the button says that adds an entry. */
  add: string;
  disabled?: boolean;
  /** Where nothing may be added there is none. */
  onAdd?: () => void;
}

/** The head of a part of the catalog, and the button that adds to it. */
export function SectionHead({ title, add, disabled, onAdd }: Props) {
  return (
    <Stack justifyContent="space-between" alignItems="center" gap={2}>
      <Text element="h4">{title}</Text>
      {onAdd && (
        <Button variant="secondary" size="sm" icon="plus" disabled={disabled} onClick={onAdd}>
          {add}
        </Button>
      )}
    </Stack>
  );
}
