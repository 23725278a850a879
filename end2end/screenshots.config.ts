import { defineConfig } from "@playwright/test";
import common from "./playwright.config.ts";

export default defineConfig({ ...common, testDir: "shots", outputDir: "test-results/shots", reporter: [["list"]] });
