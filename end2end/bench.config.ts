import { defineConfig } from "@playwright/test";
import common from "./playwright.config.ts";

export default defineConfig({
  ...common, workers: 1, testDir: "bench", outputDir: "test-results/bench", reporter: [["list"]], timeout: 3_600_000,
});
