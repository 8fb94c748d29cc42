import type { ComponentProps } from 'react';

import { QueryEditor } from './QueryEditor';

type Props = Omit<ComponentProps<typeof QueryEditor>, 'only'>;

/** The editor of a dashboard's annotations: the query editor, for events only. */
export function AnnotationEditor(props: Props) {
  return <QueryEditor {...props} only="annotation" />;
}
