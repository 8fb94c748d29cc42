import { englishFor, flat, keysIn, nested, placeholders } from './messages';

const english = new Map([
  ['span.days_one', '{{count}} day'],
  ['span.days_other', '{{count}} days'],
  ['title', 'Catalog'],
]);

it('takes a translation file apart as it was put together', () => {
  expect(flat(nested(english))).toEqual(english);
});

it("asks for the plural forms of a language's own grammar", () => {
  expect([...keysIn('pt-BR', english.keys())].sort()).toEqual([
    'span.days_many',
    'span.days_one',
    'span.days_other',
    'title',
  ]);
  expect([...keysIn('ja-JP', english.keys())]).toEqual(['span.days_other', 'title']);
});

it('compares a form that English lacks with the plural', () => {
  expect(englishFor('span.days_many', english)).toBe('{{count}} days');
  expect(englishFor('title', english)).toBe('Catalog');
});

it('finds what a text leaves to be filled in, wherever it stands', () => {
  expect(placeholders('{{ b }} of <0>{{a}}</0><1/>')).toEqual(['</0>', '<0>', '<1/>', '{{a}}', '{{b}}']);
  expect(placeholders('1 < 2')).toEqual([]);
});
