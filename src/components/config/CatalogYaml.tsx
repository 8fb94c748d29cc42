import { useCallback, useLayoutEffect, useMemo, useRef } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Alert, CodeEditor, Stack, Text } from '@grafana/ui';

import { columnsMissing, zonesUnknown, type CatalogProblem } from './catalogText';
import { useRelations } from './forms/useRelations';
import type { CatalogEditing } from './useCatalogDraft';
import { useCatalogEditor } from './useCatalogEditor';

interface Props {
  uid: string;
  editing: CatalogEditing;
  readOnly: boolean;
  /** Whether the saved connection is the one on the page. Its relations and columns are then completed. */
  connected: boolean;
}

/** The catalog as YAML. */
export function CatalogYaml({ uid, editing, readOnly, connected }: Props) {
  const { text, problems, editText } = editing;
  const relations = useRelations(uid, connected && !readOnly);
  const missing = useMemo(() => columnsMissing(text, relations), [text, relations]);
  const zones = useMemo(() => zonesUnknown(text), [text]);
  const warnings = useMemo(() => [...missing, ...zones], [missing, zones]);
  const mount = useCatalogEditor(problems, warnings, relations);

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
        monacoOptions={{
          ariaLabel: t('config-editor.catalog.label', 'Catalog in YAML'),
          tabSize: 2,
          // To Monaco, a plain word of YAML is a string.
          quickSuggestions: { strings: true, other: true, comments: false },
          // Words from anywhere in the text are no names of the catalog or the store.
          wordBasedSuggestions: false,
          // Who has written a value out ends the line with Enter.
          acceptSuggestionOnEnter: 'smart',
        }}
        onEditorDidMount={mount}
        onChange={editLatest}
        onBlur={editLatest}
      />
      {problems.length > 0 && (
        <Alert
          severity="error"
          title={t('config-editor.catalog.problems', 'The catalog has problems and is not saved until they are mended')}
        >
          <Problems list={problems} />
        </Alert>
      )}
      {missing.length > 0 && (
        <Alert
          severity="warning"
          title={t(
            'config-editor.catalog.missing-columns',
            'The store does not have all columns, or did not when this page was opened'
          )}
        >
          <Problems list={missing} />
        </Alert>
      )}
      {zones.length > 0 && (
        <Alert
          severity="warning"
          title={t('config-editor.catalog.unknown-zones', 'This browser does not know all time zones; the server may')}
        >
          <Problems list={zones} />
        </Alert>
      )}
    </Stack>
  );
}

/** Problems with their places in the text. */
function Problems({ list }: { list: CatalogProblem[] }) {
  return (
    <ul>
      {list.map(({ line, path, message }) => (
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
  );
}
