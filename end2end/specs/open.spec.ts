import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures.ts";
import { expectTexts, introduce, send, signUp, password } from "../people.ts";

const BACKUP_PASSWORD = "a drawer full of odd socks";
const TEXTS = ["Hello, Bruno.", "Second, with ümläuts 🦊 & <b>signs</b>"];

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const log = (page: Page) => page.getByRole("log", { name: "Messages" });
const shown = (page: Page) => log(page).locator("article .message-text");

async function give(page: Page, buffer: Buffer, secret: string): Promise<void> {
  // The fixed page takes none, for it would be lost with it.
  await expect(page.getByLabel("Backup file")).toBeEnabled();
  await page.getByLabel("Backup file").setInputFiles({ name: "mine.signet", mimeType: "application/octet-stream", buffer });
  await field(page, "Backup password").fill(secret);
  await button(page, "Open").click();
}

/** Anna's backup of what she and Bruno have written to each other. */
async function backup(anna: Page, bruno: Page, path: string): Promise<Buffer> {
  await introduce(anna, bruno);
  await send(bruno, TEXTS[1]!);
  await expectTexts(anna, TEXTS);
  await anna.getByRole("link", { name: "Settings" }).click();
  await button(anna, "Export key backup").click();
  await field(anna, "Backup password").fill(BACKUP_PASSWORD);
  await field(anna, "Repeat backup password").fill(BACKUP_PASSWORD);
  const saved = anna.waitForEvent("download", { timeout: 60_000 });
  await button(anna, "Make backup").click();
  await (await saved).saveAs(path);
  return readFileSync(path);
}

test("a backup is read without an account and without the server, and leaves nothing behind", async ({ newPage, newBrowser, relay }, info) => {
  const file = await backup(await newPage(), await newPage(), info.outputPath("anna.signet"));
  const context = await newBrowser();
  const page = await context.newPage();
  // The part of the vault that reads files.
  const fetched = context.waitForEvent("requestfinished", (request) => request.url().includes("vault-split_later"));
  await page.goto("/sign-in");
  await expect(page.getByRole("link", { name: "Open a backup" })).toBeVisible();
  await page.getByRole("link", { name: "Use recovery key" }).click();
  await page.getByRole("link", { name: "Open a backup" }).click();
  await expect(page.getByRole("heading", { name: "Open a backup" })).toBeVisible();
  await fetched;

  // From here on there is no network, and no server.
  await context.setOffline(true);
  await relay.kill();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await button(page, "Open").click();
  await expect(page.getByLabel("Backup file")).toHaveAccessibleDescription(/choose the backup file/i);
  const cases: [string, Buffer, string, "Backup file" | "Backup password", RegExp][] = [
    ["another file", Buffer.from("PK something else, long enough to look at"), BACKUP_PASSWORD, "Backup file", /not a Signet backup/],
    ["cut short", file.subarray(0, file.length - 1), BACKUP_PASSWORD, "Backup file", /ends too early/],
    ["a flipped bit", Buffer.from(file.map((byte, at) => (at === 300 ? byte ^ 1 : byte))), BACKUP_PASSWORD, "Backup file", /damaged or was changed/],
    ["a newer version", Buffer.from(file.map((byte, at) => (at === 5 ? 2 : byte))), BACKUP_PASSWORD, "Backup file", /newer version/],
    ["another password", file, "a drawer full of even socks", "Backup password", /does not fit/],
  ];
  for (const [what, bad, secret, where, says] of cases) {
    await give(page, bad, secret);
    await expect(page.getByLabel(where, { exact: true }), what).toHaveAccessibleDescription(says, { timeout: 60_000 });
    await expect(page.locator("article"), what).toHaveCount(0);
  }

  await give(page, file, BACKUP_PASSWORD);
  await expect(page.getByRole("heading", { name: "Backup of anna" })).toBeFocused({ timeout: 60_000 });
  const entry = page.getByRole("navigation", { name: "Conversations" }).getByRole("button", { name: "bruno" });
  await expect(entry).toHaveAttribute("aria-current", "true");
  await expect(shown(page)).toHaveText(TEXTS);
  await expect(page.getByRole("textbox", { name: "Message" })).toHaveCount(0);
  expect(asked).toEqual([]);
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);

  // Nothing of it stays: not in the page, not in this browser's storage.
  await button(page, "Close backup").click();
  await expect(page.getByRole("heading", { name: "Open a backup" })).toBeFocused();
  await expect(page.locator("article")).toHaveCount(0);
  const stored = await page.evaluate(async () => {
    const seen: string[] = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
    const done = <T>(request: IDBRequest<T>) => new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name!));
      for (const store of database.objectStoreNames) {
        seen.push(JSON.stringify(await done(database.transaction(store).objectStore(store).getAll()), (_, value) => (ArrayBuffer.isView(value) ? String.fromCharCode(...(value as Uint8Array)) : value)));
      }
      database.close();
    }
    return seen.join("\n");
  });
  for (const secret of ["bruno", "anna", "Hello", BACKUP_PASSWORD]) expect(stored).not.toContain(secret);
});

test("whoever is signed in opens another account's backup too, and their own conversations stay as they are", async ({ newPage }, info) => {
  const file = await backup(await newPage(), await newPage(), info.outputPath("anna.signet"));
  const carla = await newPage();
  await signUp(carla, "carla", password());
  await carla.goto("/open-backup");
  await give(carla, file, BACKUP_PASSWORD);
  await expect(shown(carla)).toHaveText(TEXTS, { timeout: 60_000 });
  await carla.goto("/chat");
  await expect(carla.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: /^bruno/ })).toHaveCount(0);
  await expect(carla.getByText("No conversations yet").or(carla.getByRole("button", { name: "New conversation" })).first()).toBeVisible();
});
