import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext } from "@playwright/test";
import { CHROMIUM } from "../chromium.ts";
import { expect, test, Watch } from "../fixtures.ts";
import {
  storedRows,
  expectSignedIn, expectSignedOut, expectTexts, introduce, openConversation, password, send, signIn, signUp,
} from "../people.ts";

/** A browser as a person has it: closed and opened again, with what it kept on disk. */
class Browser {
  private readonly folder = mkdtempSync(join(tmpdir(), "signet-profile-"));
  private context?: BrowserContext;

  constructor(private readonly url: string, private readonly watch: Watch) {}

  async open(): Promise<import("@playwright/test").Page> {
    this.context = await chromium.launchPersistentContext(this.folder, {
      ...CHROMIUM, headless: true, baseURL: this.url, ignoreHTTPSErrors: true,
    });
    await this.watch.over(this.context);
    return this.context.newPage();
  }

  async close(): Promise<void> {
    await this.context?.close();
  }

  async remove(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

for (const stay of [true, false]) {
  const title = stay
    ? "a restarted browser is still signed in where that was chosen"
    : "a restarted browser asks for the password where staying was not chosen";
  test(title, async ({ relay, newPage }) => {
    const watch = new Watch(relay.url);
    const browser = new Browser(relay.url, watch);
    try {
      const [anna, bruno] = [await browser.open(), await newPage()];
      const { annaSecret } = await introduce(anna, bruno, { stay });
      await browser.close();
      await send(bruno, "while you were gone");

      const back = await browser.open();
      await back.goto("/chat");
      if (stay) {
        await expectSignedIn(back);
      } else {
        await expectSignedOut(back);
        await signIn(back, "anna", annaSecret);
      }
      await openConversation(back, "bruno");
      await expectTexts(back, ["Hello, Bruno.", "while you were gone"]);
      await send(back, "and back");
      await expectTexts(bruno, ["Hello, Bruno.", "while you were gone", "and back"]);
    } finally {
      await browser.remove();
    }
    watch.check();
  });
}

test("a browser that stays signed in does so again and again, until it is signed out", async ({ relay }) => {
  const watch = new Watch(relay.url);
  const browser = new Browser(relay.url, watch);
  try {
    await signUp(await browser.open(), "anna", password(), { stay: true });
    for (let again = 0; again < 3; again++) {
      await browser.close();
      const page = await browser.open();
      await page.goto("/chat");
      await expectSignedIn(page);
    }
    await browser.close();
    const page = await browser.open();
    await page.goto("/chat");
    await page.getByRole("button", { name: "Sign out" }).click();
    await expectSignedOut(page);
    await browser.close();
    const last = await browser.open();
    await last.goto("/chat");
    await expectSignedOut(last);
    expect(await storedRows(last)).toBe(0);
  } finally {
    await browser.remove();
  }
  watch.check();
});
