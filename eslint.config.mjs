import grafana from '@grafana/eslint-config';
import i18n from '@grafana/i18n/eslint-plugin';
import a11y from 'eslint-plugin-jsx-a11y';
import { defineConfig, globalIgnores } from 'eslint/config';
import typescript from 'typescript-eslint';

export default defineConfig([
  globalIgnores(['dist/', 'packages/', 'coverage/', 'node_modules/', 'playwright/', 'playwright-report/', 'test-results/']),
  {
    files: ['**/*.{js,mjs,ts,tsx}'],
    extends: [grafana],
    rules: { 'react/react-in-jsx-scope': 'off', 'react/prop-types': 'off', 'no-console': 'error' },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [typescript.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
      'no-duplicate-imports': 'off',
    },
  },
  {
    files: ['**/*.test.{ts,tsx}', 'src/testing/**'],
    rules: {
      '@typescript-eslint/no-deprecated': 'off', // Grafana still requires fields that it has deprecated
      '@typescript-eslint/no-unsafe-assignment': 'off', // Jest's matchers are of type any
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['tests/**'],
    rules: { 'react-hooks/rules-of-hooks': 'off' }, // a fixture of Playwright hands its value to use()
  },
  {
    files: ['src/**/*.tsx'],
    extends: [a11y.flatConfigs.strict],
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['**/*.test.{ts,tsx}', 'src/testing/**'],
    plugins: { '@grafana/i18n': i18n },
    rules: {
      '@grafana/i18n/no-untranslated-strings': ['error', { calleesToIgnore: ['^css$', '^use[A-Z].*'] }],
      '@grafana/i18n/no-translation-top-level': 'error',
      'no-restricted-imports': ['error', 'moment'],
    },
  },
]);
