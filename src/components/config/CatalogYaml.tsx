import { useCallback, useLayoutEffect, useRef } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Alert, CodeEditor, Stack, Text } from '@grafana/ui';

import type { CatalogEditing } from './useCatalogDraft';

interface Props {
  editing: CatalogEditing;
  readOnly: boolean;
}

/** The catalog as YAML. */
export function CatalogYaml({ editing, readOnly }: Props) {
  const { text, problems, editText } = editing;

  // The code editor keeps the function that it is mounted with.
  const latest = useRef(editText);
  useLayoutEffect(() => {
    latest.current = editText;
  });
  const editLatest = useCallback((next: string) => latest.current(next), []);

  return (
    <Stack direction="column" gap={1}>
      {!readOnly && (
        <Text variant="bodySmall" color="secondary">
          <Trans i18nKey="config-editor.catalog.comments">
            Written in YAML and stored as JSON: comments and layout are not kept when the data source is saved.
          </Trans>
        </Text>
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
