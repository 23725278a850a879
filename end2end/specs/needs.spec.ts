import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "@playwright/test";
import { CHROMIUM } from "../chromium.ts";
import { expect, test } from "../fixtures.ts";
import type { Relay } from "../relay.ts";

/** The page says what is missing and what to do, and takes no password that it could do nothing with. */
async function expectSaid(page: Page, cause: RegExp, cure: RegExp): Promise<void> {
  const said = page.getByRole("alert").filter({ hasText: cause });
  await expect(said).toBeVisible();
  await expect(said).toHaveText(cure);
}

const PAGES = ["/sign-in", "/sign-up", "/chat", "/"];

test("without WebAssembly", async ({ relay }) => {
  // A browser that may not compile at run time, as in a strict mode, has none.
  const browser = await chromium.launch({ ...CHROMIUM, args: [...CHROMIUM.args, "--js-flags=--jitless"] });
  try {
    const context = await browser.newContext({ baseURL: relay.url, ignoreHTTPSErrors: true });
    const page = await context.newPage();
    for (const path of PAGES) {
      await page.goto(path);
      expect(await page.evaluate(() => typeof WebAssembly)).toBe("undefined");
      await expectSaid(page, /WebAssembly/, /switch it on/i);
    }
  } finally {
    await browser.close();
  }
});

test("without a secure context", async ({ relay }) => {
  // The same pages over plain HTTP at a name that is not loopback, as if someone had stripped the TLS.
  const stripped = createPlainServer((asked, answer) => {
    const onwards = request(
      relay.url + (asked.url ?? "/"),
      { method: asked.method, headers: { accept: "*/*" }, rejectUnauthorized: false },
      (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      },
    );
    onwards.on("error", () => answer.destroy());
    onwards.end();
  });
  await new Promise<void>((resolve) => stripped.listen(0, "127.0.0.1", resolve));
  const address = stripped.address();
  const port = address && typeof address === "object" ? address.port : 0;
  const browser = await chromium.launch({
    ...CHROMIUM, args: [...CHROMIUM.args, "--host-resolver-rules=MAP signet.example 127.0.0.1"],
  });
  try {
    const page = await browser.newPage();
    for (const path of PAGES) {
      await page.goto(`http://signet.example:${port}${path}`);
      expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
      await expectSaid(page, /secure connection/, /https:\/\//);
    }
  } finally {
    await browser.close();
    stripped.closeAllConnections();
    await new Promise((resolve) => stripped.close(resolve));
  }
});

/** A profile in which the person blocks all cookies, which takes away every other storage as well. */
async function blocked(relay: Relay, look: (page: Page) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "signet-profile-"));
  mkdirSync(join(folder, "Default"));
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(folder, "Default", "Preferences"), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(folder, {
    ...CHROMIUM, headless: true, baseURL: relay.url, ignoreHTTPSErrors: true,
  });
  try {
    await look(await context.newPage());
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test("with cookies blocked", async ({ relay }) => {
  await blocked(relay, async (page) => {
    for (const path of PAGES) {
      await page.goto(path);
      await page.evaluate(() => void (document.cookie = "signet-test=1; Secure; SameSite=Strict"));
      expect(await page.evaluate(() => document.cookie)).toBe("");
      // Chromium refuses the database with the cookies: the cause is named, not what follows from it.
      await expectSaid(page, /blocks cookies/, /allow cookies/i);
    }
  });
});

test("with IndexedDB refused", async ({ newPage }) => {
  const page = await newPage();
  // As some browsers' private modes do it: the database is there, and opening it fails.
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("The operation is insecure.", "SecurityError");
    };
  });
  for (const path of PAGES) {
    await page.goto(path);
    await expectSaid(page, /store anything/, /allow this site to store/i);
  }
});

test("without JavaScript", async ({ browser, relay }) => {
  const context = await browser.newContext({ baseURL: relay.url, ignoreHTTPSErrors: true, javaScriptEnabled: false });
  try {
    const page = await context.newPage();
    for (const path of PAGES) {
      await page.goto(path);
      await expect(page.getByText(/needs JavaScript/)).toBeVisible();
    }
  } finally {
    await context.close();
  }
});

test("with everything there, nothing of this is said", async ({ newPage }) => {
  const page = await newPage();
  for (const [path, button] of [["/sign-in", "Sign in"], ["/sign-up", "Create account"]] as const) {
    await page.goto(path);
    await expect(page.getByRole("button", { name: button })).toBeEnabled();
    await expect(page.getByRole("alert")).toHaveCount(0);
  }
});
