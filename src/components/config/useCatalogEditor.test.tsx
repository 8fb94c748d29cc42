import { renderHook, act } from '@testing-library/react';

import type { Monaco, MonacoEditor, monacoTypes } from '@grafana/ui';

import { checkCatalogText, type CatalogProblem } from './catalogText';
import { useCatalogEditor } from './useCatalogEditor';

type Provider = monacoTypes.languages.CompletionItemProvider;

/** What of Monaco the hook asks for, which loads in browsers only. Positions are of texts of one line. */
function fakeMonaco() {
  const providers = new Set<Provider>();
  const markers = new Map<string, string[]>();
  const monaco = {
    MarkerSeverity: { Error: 8, Warning: 4 },
    Range: { fromPositions: (start: object, end: object) => ({ start, end }) },
    languages: {
      CompletionItemKind: {},
      registerCompletionItemProvider: (_language: string, provider: Provider) => {
        providers.add(provider);
        return { dispose: () => providers.delete(provider) };
      },
    },
    editor: {
      setModelMarkers: (model: { id: string }, _owner: string, list: Array<{ message: string }>) =>
        markers.set(
          model.id,
          list.map(({ message }) => message)
        ),
    },
  } as unknown as Monaco;
  const modelOf = (id: string, text: string) =>
    ({
      id,
      isDisposed: () => false,
      getValue: () => text,
      getOffsetAt: ({ column }: { column: number }) => column - 1,
      getPositionAt: (offset: number) => ({ lineNumber: 1, column: offset + 1 }),
    }) as unknown as monacoTypes.editor.ITextModel;
  return { monaco, modelOf, providers, markers };
}

const noWarnings: CatalogProblem[] = [];

function mount(text: string) {
  const fake = fakeMonaco();
  const model = fake.modelOf('catalog', text);
  const hook = renderHook(({ problems }) => useCatalogEditor(problems, noWarnings, []), {
    initialProps: { problems: checkCatalogText(text).problems },
  });
  act(() => hook.result.current({ getModel: () => model } as MonacoEditor, fake.monaco));
  return { ...fake, ...hook, model };
}

function ask(providers: Set<Provider>, model: monacoTypes.editor.ITextModel, column: number) {
  const position = { lineNumber: 1, column } as unknown as monacoTypes.Position;
  const [provider] = providers;
  return provider?.provideCompletionItems(
    model,
    position,
    {} as monacoTypes.languages.CompletionContext,
    {} as monacoTypes.CancellationToken
  ) as monacoTypes.languages.CompletionList | undefined;
}

it('marks problems until they are mended', () => {
  const { markers, rerender } = mount('version: [');
  expect(markers.get('catalog')).not.toHaveLength(0);
  rerender({ problems: [] });
  expect(markers.get('catalog')).toEqual([]);
});

it('leaves neither markers nor completion when the editor goes', () => {
  const { markers, providers, unmount } = mount('version: [');
  expect(providers.size).toBe(1);
  unmount();
  expect(markers.get('catalog')).toEqual([]);
  expect(providers.size).toBe(0);
});

it('completes in its own editor only', () => {
  const text = 'metrics: { m: { type: cou } }';
  const { providers, model, modelOf } = mount(text);
  const column = text.indexOf('cou') + 4;
  expect(ask(providers, model, column)?.suggestions[0]).toMatchObject({
    insertText: 'counter',
    range: { start: { column: column - 3 }, end: { column } },
  });
  expect(ask(providers, modelOf('another', text), column)).toBeUndefined();
});

it('puts required keys first', () => {
  const { providers, model } = mount('');
  const sorted = [...(ask(providers, model, 1)?.suggestions ?? [])].sort((a, b) =>
    (a.sortText ?? '') < (b.sortText ?? '') ? -1 : 1
  );
  expect(sorted.map(({ label, detail }) => [label, detail])).toEqual([
    ['version', 'required'],
    ['timezone', 'required'],
    ['tables', 'required'],
    ['metrics', 'required'],
    ['prefix', undefined],
    ['annotations', undefined],
  ]);
});
