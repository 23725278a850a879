import { defineConfig } from "@playwright/test";
import { CHROMIUM } from "./chromium.ts";

// Two workers, as many as CI has processors: much of a test is waiting for the other person's browser. No retries: a test that
// passes the second time has found something.
export default defineConfig({
  testDir: "specs",
  outputDir: "test-results",
  workers: 2,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: [["list"], ["./closing.ts"]],
  use: {
    browserName: "chromium",
    headless: true,
    launchOptions: CHROMIUM,
    ignoreHTTPSErrors: true,
    actionTimeout: 60_000,
    navigationTimeout: 60_000,
    trace: "off",
    screenshot: "off",
  },
});
