import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

import { t } from '@grafana/i18n';
import type { Monaco, MonacoEditor, monacoTypes } from '@grafana/ui';

import { completeCatalog, type Completion } from './catalogCompletion';
import { catalogMarkers } from './catalogMarkers';
import type { CatalogProblem } from './catalogText';
import type { Relation } from './server';

/**
 * Underlines the problems and warnings in the code editor that is mounted with the returned
 * function, and completes what is typed there. Other editors of YAML on the page
 * are left alone.
 */
export function useCatalogEditor(problems: CatalogProblem[], warnings: CatalogProblem[], relations: Relation[]) {
  const [mounted, setMounted] = useState<{ monaco: Monaco; model: monacoTypes.editor.ITextModel }>();

  const latest = useRef(relations);
  useLayoutEffect(() => {
    latest.current = relations;
  });

  useEffect(() => {
    if (!mounted || mounted.model.isDisposed()) {
      return undefined;
    }
    const { monaco, model } = mounted;
    monaco.editor.setModelMarkers(model, owner, [
      ...catalogMarkers(problems, monaco.MarkerSeverity.Error),
      ...catalogMarkers(warnings, monaco.MarkerSeverity.Warning),
    ]);
    // The model outlives its editor.
    return () => monaco.editor.setModelMarkers(model, owner, []);
  }, [mounted, problems, warnings]);

  useEffect(() => {
    if (!mounted) {
      return undefined;
    }
    const { monaco, model } = mounted;
    const provider = monaco.languages.registerCompletionItemProvider('yaml', {
      triggerCharacters: [' '],
      provideCompletionItems: (asked, position) =>
        asked.id === model.id ? suggestions(monaco, asked, position, latest.current) : undefined,
    });
    return () => provider.dispose();
  }, [mounted]);

  return useCallback((editor: MonacoEditor, monaco: Monaco) => {
    const model = editor.getModel();
    if (model) {
      setMounted({ monaco, model });
    }
  }, []);
}

const owner = 'live-orders-catalog';

function suggestions(
  monaco: Monaco,
  model: monacoTypes.editor.ITextModel,
  position: monacoTypes.Position,
  relations: Relation[]
): monacoTypes.languages.CompletionList {
  // Offsets are those of the text with the model's own line ends.
  const { from, to, items } = completeCatalog(model.getValue(), model.getOffsetAt(position), relations);
  const range = monaco.Range.fromPositions(model.getPositionAt(from), model.getPositionAt(to));
  const { CompletionItemKind } = monaco.languages;
  const kinds: Record<Completion['kind'], monacoTypes.languages.CompletionItemKind> = {
    key: CompletionItemKind.Property,
    value: CompletionItemKind.EnumMember,
    name: CompletionItemKind.Reference,
    column: CompletionItemKind.Field,
  };
  return {
    suggestions: items.map(({ label, insert, kind, required, detail, documentation }, i) => ({
      label,
      kind: kinds[kind],
      insertText: insert,
      detail: required ? t('catalog.completion.required', 'required') : detail,
      documentation,
      // Required keys first, and all in the order of the schema.
      sortText: `${required ? 0 : 1}${String(i).padStart(6, '0')}`,
      range,
      // A key is followed by its value, which may be completed as well.
      command: kind === 'key' ? { id: 'editor.action.triggerSuggest', title: '' } : undefined,
    })),
  };
}
