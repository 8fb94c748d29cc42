// Packages that are published as ES modules only are transformed like our own code.
const esModules = [
  'uuid',
  'ol',
  '@wojtekmaj/date-utils',
  'd3-color',
  'd3-interpolate',
  'd3-scale-chromatic',
  'get-user-locale',
  'marked',
  'memoize',
  'mimic-function',
  'react-calendar',
];

const swc = [
  '@swc/jest',
  {
    sourceMaps: 'inline',
    jsc: {
      parser: { syntax: 'typescript', tsx: true },
      transform: { react: { runtime: 'automatic' } },
      target: 'es2022',
    },
    module: { type: 'commonjs' },
  },
];

export default {
  rootDir: 'src',
  // Finding by role walks the whole tree, which is slow where the processor is shared.
  testTimeout: 30_000,
  testEnvironment: 'jsdom',
  setupFiles: ['<rootDir>/testing/browser.ts'],
  setupFilesAfterEnv: ['<rootDir>/testing/setup.ts'],
  transform: { '\\.(?:[cm]?js|tsx?)$': swc },
  transformIgnorePatterns: [`/node_modules/(?!(?:.+/node_modules/)?(?:${esModules.join('|')})/)`],
  moduleNameMapper: {
    '\\.(?:css|svg)$': '<rootDir>/testing/emptyModule.ts',
  },
};
