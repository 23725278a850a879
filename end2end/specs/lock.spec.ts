import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures.ts";
import {
  articles, expectSignedIn, expectTexts, introduce, messageBox, openConversation, send, signUp, password,
} from "../people.ts";

async function expectLocked(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { name: "Locked" })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("textbox", { name: "Username", exact: true })).toHaveValue("anna");
}

async function unlock(page: Page, secret: string): Promise<void> {
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("locking in one tab locks all, the password opens, and what waited is sent", async ({ newBrowser, newPage, relay }) => {
  const home = await newBrowser();
  const [first, bruno] = [await home.newPage(), await newPage()];
  const { annaSecret } = await introduce(first, bruno);
  const second = await home.newPage();
  await second.goto("/chat");
  await openConversation(second, "bruno");
  await expectTexts(second, ["Hello, Bruno."]);

  await relay.kill();
  await send(second, "written without a server");
  await first.getByRole("button", { name: "Lock", exact: true }).click();
  for (const page of [first, second]) {
    await expectLocked(page);
    await expect(articles(page)).toHaveCount(0);
    expect(await page.evaluate(() => document.documentElement.textContent)).not.toContain("Hello, Bruno.");
  }
  await relay.restart();
  await second.reload();
  await expectLocked(second);
  await unlock(second, annaSecret);
  await expectSignedIn(second);
  await openConversation(second, "bruno");
  await expectTexts(second, ["Hello, Bruno.", "written without a server"]);
  await expectTexts(bruno, ["Hello, Bruno.", "written without a server"]);
  // The other tab comes along: it is one browser.
  await expectSignedIn(first);
});

test("a browser that nobody used for as long as was set is locked", async ({ newPage }) => {
  const page = await newPage();
  const secret = password();
  await signUp(page, "anna", secret);
  await page.getByRole("link", { name: "Settings" }).click();
  const unused = page.getByRole("combobox", { name: "Lock when unused for" });
  await unused.selectOption("15 minutes");
  await expect(page.getByText("This browser keeps to that from now on.")).toBeVisible();
  // Locked by hand, it comes back to where it was, and keeps to what was set.
  await page.getByRole("button", { name: "Lock now" }).click();
  await expectLocked(page);
  await unlock(page, secret);
  await expect(page.getByRole("heading", { name: "Settings" })).toBeVisible({ timeout: 60_000 });
  await expect(unused).toBeEnabled();
  await expect(unused).toHaveValue("15");
  await page.getByRole("link", { name: "Back to conversations" }).click();
  await expectSignedIn(page);
  await page.reload();
  await expectSignedIn(page);
  // The browser was shut, and the clock went on.
  await page.evaluate(async () => {
    const open = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open("signet");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const meta = open.transaction("meta", "readwrite").objectStore("meta");
    const key = new TextEncoder().encode("lock").buffer;
    await new Promise<void>((resolve, reject) => {
      const read = meta.get(key);
      read.onsuccess = () => {
        // 15 minutes, used last in 1970, not locked.
        const put = meta.put(new Uint8Array([15, 1, 0]).buffer, key);
        put.onsuccess = () => (read.result ? resolve() : reject(new Error("no such row")));
      };
    });
    open.close();
  });
  await page.reload();
  await expectLocked(page);
});

test("the last tab that is closed locks the browser, unless it is to stay open", async ({ newBrowser }) => {
  const home = await newBrowser();
  const page = await home.newPage();
  const secret = password();
  await signUp(page, "anna", secret, { stay: true });
  await page.close();
  const again = await home.newPage();
  await again.goto("/settings");
  const tick = again.getByRole("checkbox", { name: "Lock when the last tab is closed" });
  await expect(tick).toBeEnabled();
  await expect(tick).not.toBeChecked();
  await tick.check();
  await expect(again.getByText("This browser keeps to that from now on.")).toBeVisible();
  await expect.poll(() => again.evaluate(() => sessionStorage.getItem("signet.share"))).not.toBeNull();
  await again.reload();
  await expect(tick).toBeChecked();
  await again.close();
  const third = await home.newPage();
  await third.goto("/chat");
  await expect(third.getByRole("textbox", { name: "Password", exact: true })).toBeVisible({ timeout: 60_000 });
});

test("after locking, no memory of the vault holds what was open", async ({ newBrowser, newPage }) => {
  const home = await newBrowser();
  const [page, bruno] = [await home.newPage(), await newPage()];
  await introduce(page, bruno);
  const canary = "a heron over the marsh at four in the morning";
  await send(bruno, canary);
  await expectTexts(page, ["Hello, Bruno.", canary]);
  expect(await inMemory(page, canary)).toBe(true);
  await page.getByRole("button", { name: "Lock", exact: true }).click();
  await expectLocked(page);
  await expect(messageBox(page)).toHaveCount(0);
  await expect.poll(() => inMemory(page, canary), { timeout: 30_000 }).toBe(false);
});

test("nothing locks while a new recovery key is on its way, and that is said where the button is", async ({ newPage }) => {
  const page = await newPage();
  const secret = password();
  await signUp(page, "anna", secret);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Show recovery key status" }).click();
  await page.getByRole("button", { name: "Replace recovery key" }).click();
  await page.getByRole("textbox", { name: "Current password", exact: true }).fill(secret);
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const asked = new Promise<void>((resolve) => {
    void page.context().route("**/api/secret/finish", async (route) => {
      resolve();
      await held;
      await route.continue();
    });
  });
  await page.getByRole("button", { name: "Make new recovery key" }).click();
  // The relay may have taken the new key, and only this browser can show it.
  await asked;
  await page.getByRole("button", { name: "Lock now" }).click();
  const section = page.locator("section").filter({ has: page.getByRole("heading", { name: "Lock", exact: true }) });
  await expect(section.getByRole("alert")).toHaveText(/still running/i);
  letGo();
  await expect(page.getByRole("heading", { name: "Your recovery key" })).toBeVisible({ timeout: 60_000 });
  await page.getByRole("checkbox", { name: "I have saved my recovery key" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Lock now" }).click();
  await expectLocked(page);
  await unlock(page, secret);
  await expect(page.getByRole("heading", { name: "Settings" })).toBeVisible({ timeout: 60_000 });
});

/** Whether the memory of any worker of this page holds a text; undefined while there is none to look into. */
async function inMemory(page: Page, text: string): Promise<boolean | undefined> {
  let found: boolean | undefined;
  for (const worker of page.workers()) {
    // The worker's own import of this script is the one that it is given here, with what it has started already. In
    // WebAssembly's memory, a text is UTF-8.
    const holds = worker.evaluate<boolean>(`(async (text) => {
      const source = await (await fetch(location.href)).text();
      const { memory } = (await import(source.match(/\\/assets\\/vault\\.[0-9a-f]{16}\\.js/)[0])).initSync();
      const [bytes, needle] = [new Uint8Array(memory.buffer), new TextEncoder().encode(text)];
      for (let at = bytes.indexOf(needle[0]); at >= 0; at = bytes.indexOf(needle[0], at + 1)) {
        if (needle.every((byte, n) => bytes[at + n] === byte)) return true;
      }
      return false;
    })(${JSON.stringify(text)})`);
    // A worker that ends in between takes its memory with it; one that is only starting has none yet.
    const here = await holds.catch(() => undefined);
    if (here !== undefined) found = (found ?? false) || here;
  }
  return found;
}
