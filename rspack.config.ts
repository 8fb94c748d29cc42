import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { CopyRspackPlugin, type Configuration } from '@rspack/core';

import plugin from './plugin.json' with { type: 'json' };

const root = fileURLToPath(new URL('.', import.meta.url));

// What Grafana 12.4 hands to plugins, by the names in its table of shared
// dependencies. Everything else is part of the bundle; @grafana/i18n,
// @grafana/schema and @grafana/plugin-ui are not shared.
const shared = [
  '@emotion/css',
  '@emotion/react',
  '@grafana/data',
  '@grafana/data/unstable',
  '@grafana/runtime',
  '@grafana/runtime/unstable',
  '@grafana/ui',
  '@grafana/ui/unstable',
  'd3',
  'i18next',
  'jquery',
  'lodash',
  'moment',
  'prismjs',
  'react',
  'react-dom',
  'react-inlinesvg',
  'react-redux',
  'react-router',
  'react-router-dom',
  'react/jsx-dev-runtime',
  'react/jsx-runtime',
  'redux',
  'rxjs',
  'rxjs/operators',
];

// SOURCE_DATE_EPOCH makes two builds of one commit equal.
const builtAt = process.env.SOURCE_DATE_EPOCH ? new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1000) : new Date();

function fillPlaceholders(manifest: string): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.replaceAll('%VERSION%', version).replaceAll('%TODAY%', builtAt.toISOString().slice(0, 10));
}

// The demo's dashboards are those that the plugin brings along. Imported from the page of a data source they ask that one,
// and get an id of their own, so that they stand beside the provisioned ones.
function makeImportable(dashboard: string): string {
  const input = 'DS_LIVE_ORDERS';
  const read = JSON.parse(dashboard, (key, value: unknown) =>
    key === 'uid' && value === 'live-orders' ? `\${${input}}` : value
  ) as Record<string, unknown>;
  const { uid: _uid, ...rest } = read;
  const wanted = { name: input, label: plugin.name, type: 'datasource', pluginId: plugin.id, pluginName: plugin.name };
  return JSON.stringify({ __inputs: [wanted], ...rest }, null, 2);
}

export default (_env: unknown, { mode = 'production' }: { mode?: 'production' | 'development' }): Configuration => ({
  mode,
  // Grafana's review looks for the sources that the source map names below src.
  context: `${root}src`,
  target: ['web', 'es2022'],
  entry: { module: './module.ts' },
  devtool: 'source-map',
  output: {
    path: `${root}dist`,
    filename: '[name].js',
    chunkFilename: mode === 'production' ? '[name].[contenthash:8].js' : '[name].js',
    library: { type: 'amd' },
    // The public path is set at run time, see src/publicPath.ts.
    publicPath: '',
    uniqueName: plugin.id,
    // Both halves of the plugin are built into one folder.
    clean: { keep: /^(gpx_|go_plugin_build_manifest)/ },
  },
  externalsType: 'amd',
  externals: [...shared, { 'amd-module': 'module' }],
  resolve: { extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'] },
  module: {
    rules: [
      {
        test: /\.tsx?$/,
        exclude: /node_modules/,
        loader: 'builtin:swc-loader',
        options: {
          jsc: {
            parser: { syntax: 'typescript', tsx: true },
            transform: { react: { runtime: 'automatic', development: false } },
            target: 'es2022',
          },
        },
      },
    ],
  },
  optimization: { splitChunks: { chunks: 'async' } },
  performance: {
    hints: 'error',
    maxAssetSize: 1_000_000,
    maxEntrypointSize: 300_000,
    assetFilter: (name) => name.endsWith('.js'),
  },
  plugins: [
    new CopyRspackPlugin({
      patterns: [
        { context: root, from: 'plugin.json', transform: (content) => fillPlaceholders(content.toString()) },
        { context: root, from: 'CHANGELOG.md' },
        { context: root, from: 'LICENSE', to: '[name]' },
        {
          context: root,
          from: 'provisioning/dashboards/*.json',
          to: 'dashboards/[name][ext]',
          transform: (content) => makeImportable(content.toString()),
        },
        { from: 'README.md' },
        { from: 'img', to: 'img' },
        { from: 'locales', to: 'locales' },
      ],
    }),
  ],
});
