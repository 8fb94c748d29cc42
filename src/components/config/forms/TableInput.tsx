import { SteadyCombobox } from '../../steady';
import type { CatalogDraft } from '../catalogDraft';
import { EntryField } from './EntryField';

interface Props {
  id: string;
  description: string;
  catalog: CatalogDraft;
  value: string | undefined;
  onChange: (name: string) => void;
}

/** One of the catalog's tables. */
export function TableInput({ id, description, catalog, value, onChange }: Props) {
  return (
    <EntryField of="table" required description={description}>
      <SteadyCombobox
        id={id}
        options={Object.entries(catalog.tables).map(([name, { relation }]) => ({ value: name, description: relation }))}
        value={value ?? null}
        onChange={(option) => onChange(option.value)}
      />
    </EntryField>
  );
}
