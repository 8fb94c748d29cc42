import './publicPath';

import { DataSourcePlugin } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';

import { id } from '../plugin.json';
import { ConfigEditor } from './components/ConfigEditor';
import { QueryEditor } from './components/QueryEditor';
import { OrdersDataSource } from './datasource';
import type { OrdersOptions, OrdersQuery, OrdersSecrets } from './types';

// Grafana loads the translations itself before this module. Awaiting here would
// make the module asynchronous, which the AMD loader does not support.
void initPluginTranslations(id);

export const plugin = new DataSourcePlugin<OrdersDataSource, OrdersQuery, OrdersOptions, OrdersSecrets>(
  OrdersDataSource
)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);
