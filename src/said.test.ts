import { language, said } from './said';
import { message, speakPortuguese } from './testing/message';

const full = message('The store is full.', 'O banco está cheio.');

describe('said', () => {
  it('is what the server says in English, for those whose language the page does not speak', () => {
    expect(language()).toBe('en-US');
    expect(said(full)).toBe('The store is full.');
  });

  describe('for a Brazilian', () => {
    beforeAll(speakPortuguese);

    it('is Portuguese', () => {
      expect(language()).toBe('pt-BR');
      expect(said(full)).toBe('O banco está cheio.');
    });

    it('is English where the server has no Portuguese', () => {
      expect(said({ 'en-US': 'The store is full.' })).toBe('The store is full.');
    });
  });
});
