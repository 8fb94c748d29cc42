// Packages that are published as ES modules only are transformed like our own code.
const esModules = [
  '@wojtekmaj/date-utils',
  'd3-color',
  'd3-interpolate',
  'd3-scale-chromatic',
  'get-user-locale',
  'marked',
  'memoize',
  'mimic-function',
  'ol',
  'react-calendar',
  'uuid',
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
  // Builds for browsers are ES modules, which Jest would have to transform one by one.
  testEnvironmentOptions: { customExportConditions: ['node', 'require'] },
  setupFiles: ['<rootDir>/testing/browser.ts'],
  setupFilesAfterEnv: ['<rootDir>/testing/setup.ts'],
  transform: { '\\.(?:[cm]?js|tsx?)$': swc },
  transformIgnorePatterns: [`/node_modules/(?!(?:.+/node_modules/)?(?:${esModules.join('|')})/)`],
  moduleNameMapper: {
    '\\.css$': '<rootDir>/testing/nothing.ts',
    // Icons are fetched from the server.
    '^react-inlinesvg$': '<rootDir>/testing/nothing.ts',
  },
};
