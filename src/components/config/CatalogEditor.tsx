import { isEqual } from 'lodash';
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Alert, Button, CodeEditor, Stack, Text } from '@grafana/ui';

import { catalogToText, checkCatalogText } from './catalogText';
import { starterCatalog } from './starterCatalog';

interface Props {
  /** What the data source holds, as an object. */
  catalog: unknown;
  readOnly: boolean;
  /** Called with every catalog whose form is right, and with undefined for none. */
  onChange: (catalog: unknown) => void;
}

/** The catalog as YAML. Text that has problems stays here and is not passed on. */
export function CatalogEditor({ catalog, readOnly, onChange }: Props) {
  // A catalog that is neither the one before the last edit nor the one after it
  // came from outside and replaces the text.
  const [draft, setDraft] = useState<{ text: string; before: unknown; after: unknown }>();
  const text =
    draft && (isEqual(catalog, draft.before) || isEqual(catalog, draft.after)) ? draft.text : catalogToText(catalog);
  const { problems } = useMemo(() => checkCatalogText(text), [text]);

  const edit = (next: string) => {
    if (next === text) {
      return;
    }
    const checked = checkCatalogText(next);
    const after = checked.problems.length > 0 ? catalog : checked.catalog;
    setDraft({ text: next, before: catalog, after });
    if (!isEqual(after, catalog)) {
      onChange(after);
    }
  };

  // The code editor keeps the function that it is mounted with.
  const latest = useRef(edit);
  useLayoutEffect(() => {
    latest.current = edit;
  });
  const editLatest = useCallback((next: string) => latest.current(next), []);

  return (
    <Stack direction="column" gap={1}>
      <Text variant="bodySmall" color="secondary">
        {readOnly ? (
          <Trans i18nKey="config-editor.catalog.read-only">
            The data source is provisioned from a file: change the catalog there.
          </Trans>
        ) : (
          <Trans i18nKey="config-editor.catalog.comments">
            Written in YAML and stored as JSON: comments and layout are not kept when the data source is saved.
          </Trans>
        )}
      </Text>
      {text.trim() === '' && !readOnly && (
        <div>
          <Button variant="secondary" icon="file-copy-alt" onClick={() => edit(starterCatalog)}>
            <Trans i18nKey="config-editor.catalog.insert">Insert an example</Trans>
          </Button>
        </div>
      )}
      <CodeEditor
        language="yaml"
        height={480}
        value={text}
        readOnly={readOnly}
        showMiniMap={false}
        showLineNumbers
        monacoOptions={{ ariaLabel: t('config-editor.catalog.label', 'Catalog in YAML'), tabSize: 2 }}
        onChange={editLatest}
        onBlur={editLatest}
      />
      {problems.length > 0 && (
        <Alert
          severity="error"
          title={t('config-editor.catalog.problems', 'The catalog has problems and is not saved until they are mended')}
        >
          <ul>
            {problems.map(({ line, path, message }) => (
              <li key={`${line} ${path} ${message}`}>
                {t('config-editor.catalog.line', 'Line {{line}}', { line })}
                {path !== '' && (
                  <>
                    {', '}
                    <code>{path}</code>
                  </>
                )}
                {`: ${message}`}
              </li>
            ))}
          </ul>
        </Alert>
      )}
    </Stack>
  );
}
