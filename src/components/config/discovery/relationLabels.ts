import { t } from '@grafana/i18n';

/** What PostgreSQL calls the relation, in words; a kind that is not known here is shown as the server says it. */
export function kindLabel(kind: string): string {
  switch (kind) {
    case 'table':
      return t('discovery.kind.table', 'table');
    case 'partitioned table':
      return t('discovery.kind.partitioned-table', 'partitioned table');
    case 'view':
      return t('discovery.kind.view', 'view');
    case 'materialized view':
      return t('discovery.kind.materialized-view', 'materialized view');
    case 'foreign table':
      return t('discovery.kind.foreign-table', 'foreign table');
    default:
      return kind;
  }
}

/** What a relation is taken to hold. */
export function roleLabel(role: string): string {
  switch (role) {
    case 'orders':
      return t('discovery.role.orders', 'orders');
    case 'lines':
      return t('discovery.role.lines', 'order lines');
    case 'carts':
      return t('discovery.role.carts', 'carts');
    case 'payments':
      return t('discovery.role.payments', 'payments');
    case 'invoices':
      return t('discovery.role.invoices', 'invoices');
    case 'shipments':
      return t('discovery.role.shipments', 'shipments');
    case 'refunds':
      return t('discovery.role.refunds', 'refunds');
    case 'customers':
      return t('discovery.role.customers', 'customers');
    case 'processes':
      return t('discovery.role.processes', 'processes');
    default:
      return t('discovery.role.other', 'other');
  }
}
