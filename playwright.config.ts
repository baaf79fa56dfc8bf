import { defineConfig } from '@playwright/test';

/**
 * The app as its user meets it: the built server and page in an installed Chromium. The scenario is
 * one long day and leaves its screenshots in test-results/screens.
 */
export default defineConfig({
  testDir: 'test/e2e',
  outputDir: process.env['E2E_OUTPUT'] ?? 'test-results/e2e',
  // A training runs inside: one test at a time has the machine to itself.
  workers: 1,
  fullyParallel: false,
  // Generous: a machine that gates changes may be slow and shared.
  timeout: 10 * 60_000,
  expect: { timeout: 20_000 },
  // What passes only at the second try is reported as flaky.
  retries: process.env['CI'] ? 1 : 0,
  forbidOnly: Boolean(process.env['CI']),
  reporter: [
    ['list'],
    ['json', { outputFile: process.env['E2E_REPORT'] ?? 'test-results/e2e.json' }],
  ],
  use: {
    actionTimeout: 20_000,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    },
  },
});
