import { css } from '@emotion/css';

/**
 * A field that takes two rows of the grid it is in, of which its label and its description are one: beside a field whose
 * description needs two lines the inputs stay level, and what is wrong is written in the column of its own field.
 */
export const getLevelField = () =>
  css({
    display: 'grid',
    gridRow: 'span 2',
    gridTemplateColumns: 'minmax(0, 1fr)',
    gridTemplateRows: 'subgrid',
    rowGap: 0,
  });
