import '@testing-library/jest-dom';

import { cache } from '@emotion/css';
import { configure } from '@testing-library/react';

import { initPluginTranslations } from '@grafana/i18n';

import { id } from '../../plugin.json';

// Nothing here looks at styles, and with thousands of rules jsdom takes most of
// a test's time to find out whether an element is visible.
cache.sheet.insert = () => undefined;

// Long, since the processor may be shared. Nothing waits that long when it passes.
configure({ asyncUtilTimeout: 15_000 });

beforeAll(() => initPluginTranslations(id));
