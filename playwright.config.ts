import { defineConfig, devices, type ReporterDescription } from '@playwright/test';

// "go tool mage e2e" sets all of these, and GRAFANA_ADMIN_PASSWORD, which the tests read.
const address = process.env.GRAFANA_URL ?? 'http://127.0.0.1:3000';
const browser = process.env.CHROMIUM_PATH;
const report = process.env.PLAYWRIGHT_JSON_OUTPUT_FILE;

const reporters: ReporterDescription[] = [['list'], ['html', { open: 'never' }]];
if (report) {
  reporters.push(['json', { outputFile: report }]);
}

export default defineConfig({
  testDir: 'tests',
  // Pictures are not tests, see tests/screenshots.spec.ts.
  testIgnore: process.env.LIVE_ORDERS_SCREENSHOTS ? [] : '**/screenshots.spec.ts',
  forbidOnly: Boolean(process.env.CI),
  // Panels and rules ask one small store, whose numbers the tests compare.
  workers: 1,
  retries: process.env.CI ? 1 : 0,
  // A panel is answered in milliseconds; a Grafana on a busy machine takes its time to load.
  timeout: 180_000,
  expect: { timeout: 60_000 },
  reporter: reporters,
  use: {
    ...devices['Desktop Chrome'],
    baseURL: address,
    viewport: { width: 1280, height: 900 },
    locale: 'en-US',
    timezoneId: 'America/Sao_Paulo',
    launchOptions: {
      executablePath: browser,
      args: ['--disable-quic', '--no-first-run'],
    },
    actionTimeout: 60_000,
    navigationTimeout: 60_000,
    screenshot: 'only-on-failure',
    // A trace doubles the time of everything that a page does.
    trace: 'on-first-retry',
  },
});
