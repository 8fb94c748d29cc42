import { parseDocument } from 'yaml';

import { message, speakPortuguese } from '../../testing/message';
import { checkCatalogText } from './catalogText';
import { aliasProblem, yamlProblems } from './yamlProblems';

/** What is wrong with a text, in the order of its places, each with what stands there. */
function problems(text: string) {
  const document = parseDocument(text, { prettyErrors: false });
  const found = document.errors.length > 0 ? yamlProblems(text, document) : [aliasProblem(document)];
  return found.map(({ from, to, message }) => [text.slice(from, to), message]);
}

// What people write who know no YAML, the words that are underlined, and what they are told.
const mistakes: Array<[string, string, string, ReturnType<typeof message>]> = [
  [
    'a key without a value',
    'a: 1\ntotal\n',
    'total',
    message(
      'A key stands on one line, with a colon and a space behind it; are they missing after "total"?',
      'Uma chave fica em uma só linha, com dois-pontos e um espaço depois; eles faltam depois de "total"?'
    ),
  ],
  [
    'a key and its value without a space, in the middle',
    'a:1\nb: 2\n',
    'a:1\nb',
    message(
      'A key stands on one line, with a colon and a space behind it; are they missing after "a:1"?',
      'Uma chave fica em uma só linha, com dois-pontos e um espaço depois; eles faltam depois de "a:1"?'
    ),
  ],
  [
    'a quote that is not closed',
    'a: "abc\nb: 2\n',
    '',
    message('The quote at the end of this text is missing', 'Faltam as aspas no fim deste texto'),
  ],
  [
    'a comment too near',
    'a: "x"#c\n',
    '#c',
    message(
      'A comment begins with a space and #; put a text with # in quotes',
      'Um comentário começa com um espaço e #; ponha entre aspas um texto com #'
    ),
  ],
  [
    'entries without a comma',
    'a: ["x" "y"]\n',
    '"y"',
    message(
      'Something is missing here: a comma, a bracket, a dash or a space, as a rule',
      'Falta algo aqui: em geral uma vírgula, um colchete, uma chave, um hífen ou um espaço'
    ),
  ],
  [
    'a bracket that is not closed',
    'a: {b: 1\nc: 2\n',
    'c',
    message(
      'The indentation fits nothing above: begin in the column of the neighbouring entries, or close a { or [ further up',
      'O recuo não combina com nada acima: comece na coluna dos itens vizinhos, ou feche um { ou [ mais acima'
    ),
  ],
  [
    'a tab',
    'a:\n\tb: 1\n',
    '\t',
    message('Indent with spaces: YAML takes no tabs', 'Recue com espaços: YAML não aceita tabulações'),
  ],
  [
    'a key given twice',
    'total: 1\ntotal: 2\n',
    'total',
    message('The key "total" is there already', 'A chave "total" já existe'),
  ],
  [
    'a colon in a value',
    'where: status = x: y\n',
    'status = x',
    message(
      'A second key begins within a value: put a value with a colon in quotes, or begin the next key in the column of the first',
      'Uma segunda chave começa dentro de um valor: ponha entre aspas um valor com dois-pontos, ou comece a próxima chave na coluna da primeira'
    ),
  ],
  [
    'a quote within a text in quotes',
    "a: 'it's'\n",
    "s'",
    message(
      '"s\'" does not belong here; where it is part of a text, put the text in quotes',
      '"s\'" não cabe aqui; onde faz parte de um texto, ponha o texto entre aspas'
    ),
  ],
  [
    'a reserved beginning',
    'a: @x\n',
    '@x',
    message(
      'A text that begins with "@" must stand in quotes',
      'Um texto que começa com "@" precisa ficar entre aspas'
    ),
  ],
  [
    'a backslash',
    'a: "\\d"\n',
    '\\',
    message(
      '\\d means nothing in double quotes; write two backslashes for one, or use single quotes',
      '\\d não quer dizer nada entre aspas duplas; escreva duas barras invertidas em vez de uma, ou use aspas simples'
    ),
  ],
  [
    'a map without a comma',
    'a: {b: 1 c: 2}\n',
    '1 c: 2',
    message(
      'Between { } and [ ] a comma ends each entry, and lists have no dashes',
      'Entre { } e [ ] uma vírgula encerra cada item, e listas não têm hífens'
    ),
  ],
  [
    'a star',
    'a: *\n',
    '*',
    message(
      '"*" is no anchor (&), alias (*) or tag (!) that can stand here; put it in quotes if it is text',
      '"*" não é uma âncora (&), um alias (*) nem uma etiqueta (!) que possa ficar aqui; ponha entre aspas se for texto'
    ),
  ],
  [
    'an alias without its anchor',
    'a: *total\n',
    '*total',
    message(
      '*total stands for a value that &total marks further up, and there is none; put it in quotes if it is text',
      '*total está no lugar de um valor que &total marca mais acima, e não existe nenhum; ponha entre aspas se for texto'
    ),
  ],
  [
    'aliases that multiply',
    `a: &a [1, 1, 1, 1, 1]\n${['b', 'c', 'd', 'e'].map((name, n) => `${name}: &${name} [${Array(9).fill(`*${'abcd'[n]}`).join(', ')}]\n`).join('')}`,
    expect.any(String) as string,
    message(
      'The aliases stand for too much; write out what they stand for',
      'Os aliases estão no lugar de coisas demais; escreva por extenso o que eles representam'
    ),
  ],
  [
    'an instruction',
    '%YAML\n---\na: 1\n',
    '%YAML',
    message(
      'A line that begins with % is an instruction to the YAML parser; remove it',
      'Uma linha que começa com % é uma instrução ao leitor de YAML; remova-a'
    ),
  ],
  [
    'two documents',
    'a: 1\n---\nb: 2\n',
    '---\nb: 2\n',
    message(
      'A catalog is one document: remove the line --- or what follows it',
      'Um catálogo é um só documento: remova a linha --- ou o que vem depois dela'
    ),
  ],
  [
    'a very long key',
    `${'x'.repeat(1100)}: 1\n`,
    'x'.repeat(1100),
    message(
      'A key has at most 1024 characters, and a colon follows it',
      'Uma chave tem no máximo 1024 caracteres, seguidos de dois-pontos'
    ),
  ],
];

describe('a text that is no YAML', () => {
  it.each(mistakes)('is told of %s', (_, text, words, { 'en-US': english }) => {
    expect(problems(text)).toEqual([[words, english]]);
  });

  it('is told once for each line, with its place', () => {
    const text = 'where: a\n- b\ntable: @orders\n';
    expect(checkCatalogText(text).problems.map(({ line, column }) => [line, column])).toEqual([
      [2, 1],
      [3, 8],
    ]);
  });

  it('is told of entries that are nested too deep for the parser', () => {
    const [, told] = problems(`a: ${'['.repeat(20_000)}`)[0] ?? [];
    expect(told).toBe('The entries are nested too deep');
  });

  describe('for a Brazilian', () => {
    beforeAll(speakPortuguese);

    it.each(mistakes)('is told of %s in Portuguese', (_, text, words, { 'pt-BR': portuguese }) => {
      expect(problems(text)).toEqual([[words, portuguese]]);
    });
  });
});
