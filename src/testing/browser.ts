// What Grafana's packages expect of a browser and jsdom does not have.
import { TextDecoder, TextEncoder } from 'node:util';

Object.assign(globalThis, { TextDecoder, TextEncoder });

// i18next advertises its vendor there, and nothing here logs.
console.info = () => undefined;

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}

Object.assign(window, {
  IntersectionObserver: Observer,
  ResizeObserver: Observer,
  matchMedia: (query: string) => ({
    matches: false,
    media: query,
    onchange: null,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    dispatchEvent: () => false,
  }),
});

// Only the width of texts is asked for.
HTMLCanvasElement.prototype.getContext = (() => ({
  font: '',
  measureText: (text: string) => ({ width: 8 * text.length }),
})) as unknown as HTMLCanvasElement['getContext'];

// The lists of comboboxes are virtual: they render what fits into their height.
Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 2000 });
Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, get: () => 400 });
HTMLElement.prototype.scrollIntoView = () => undefined;
