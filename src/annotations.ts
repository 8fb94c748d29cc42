import type { AnnotationQuery, AnnotationSupport } from '@grafana/data';

import { AnnotationEditor } from './components/AnnotationEditor';
import type { OrdersQuery } from './types';

/** How dashboards ask for events: with a query whose type is annotation. */
export function annotationSupport(standard: Partial<OrdersQuery>): AnnotationSupport<OrdersQuery> {
  return {
    QueryEditor: AnnotationEditor,
    getDefaultQuery: () => standard,
    // Grafana runs what is saved, and saves what its editor was told to change.
    // So an annotation that nobody has edited yet is given its query here.
    prepareAnnotation: (saved: AnnotationQuery<OrdersQuery>) =>
      saved.target?.annotation === undefined
        ? { ...saved, target: { refId: 'Anno', ...saved.target, ...standard } as OrdersQuery }
        : saved,
    prepareQuery: ({ target }) => (target?.annotation ? { ...target, queryType: 'annotation' } : undefined),
  };
}
