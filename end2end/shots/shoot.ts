import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";

export const FOLDER = fileURLToPath(new URL("../screenshots", import.meta.url));
const WIDTHS = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };

/** Takes a picture of what is shown, in every size and colour. */
export async function shoot(page: Page, name: string, fullPage = false): Promise<void> {
  for (const [width, size] of Object.entries(WIDTHS)) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(size);
      await page.evaluate(() => document.fonts.ready);
      const path = join(FOLDER, `${name}-${width}-${colorScheme}.png`);
      await page.screenshot({ path, animations: "disabled", caret: "initial", fullPage });
    }
  }
  await page.setViewportSize(WIDTHS.wide);
}
