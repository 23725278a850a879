import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures.ts";
import { expectTexts, introduce, openConversation, password, send, signIn, signUp } from "../people.ts";

const READER = fileURLToPath(new URL("../../crypto/interop/python/read_backup.py", import.meta.url));
const BACKUP_PASSWORD = "a drawer full of odd socks";
/** What Anna and Bruno have written to each other. */
const TEXTS = ["Hello, Bruno.", "Second, with ümläuts 🦊 & <b>signs</b>"];

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const backups = (page: Page) => page.locator("section").filter({ has: page.getByRole("heading", { name: "Backups" }) });
const said = (page: Page) => backups(page).locator(".said");

async function settings(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByText("Signed in as")).toBeVisible();
}

/** Anna and Bruno have written to each other, and Anna is in her settings. Returns her password. */
async function talk(anna: Page, bruno: Page): Promise<string> {
  const { annaSecret } = await introduce(anna, bruno);
  await send(bruno, TEXTS[1]!);
  await expectTexts(anna, TEXTS);
  await settings(anna);
  return annaSecret;
}

/** Exports in the settings, and returns the file as it was saved. */
async function exportBackup(page: Page, at: string): Promise<Buffer> {
  await button(page, "Export key backup").click();
  await field(page, "Backup password").fill(BACKUP_PASSWORD);
  await field(page, "Repeat backup password").fill(BACKUP_PASSWORD);
  const saved = page.waitForEvent("download", { timeout: 60_000 });
  // A small backup is soon written: looked for from before the press on.
  const bar = page.getByRole("progressbar", { name: "Writing your backup" }).waitFor();
  await button(page, "Make backup").click();
  await bar;
  const download = await saved;
  expect(download.suggestedFilename()).toMatch(/^signet-anna-\d{4}-\d\d-\d\d\.signet$/);
  await download.saveAs(at);
  await expect(said(page)).toHaveText(/your backup is made/i);
  return readFileSync(at);
}

/** Chooses a file and its password in the open form, and sends it. */
async function give(page: Page, file: Buffer, secret: string, label: "Test" | "Import"): Promise<void> {
  await page.getByLabel("Backup file").setInputFiles({ name: "mine.signet", mimeType: "application/octet-stream", buffer: file });
  await field(page, "Backup password").fill(secret);
  await button(page, label).click();
}

/** The file with another byte, its header's checksum made anew where that is wanted. */
function edited(file: Buffer, at: number, byte: number, { resum = false } = {}): Buffer {
  const copy = Buffer.from(file);
  copy[at] = byte;
  if (resum) {
    const sum = createHash("sha256").update("SGN1 backup checksum\0").update(copy.subarray(0, 110)).digest();
    sum.copy(copy, 110, 0, 8);
  }
  return copy;
}

test("a backup is saved, read by a stranger's program, tested and imported where its messages are gone", async ({ newPage, relay }, info) => {
  const anna = await newPage();
  const secret = await talk(anna, await newPage());
  await expect(backups(anna)).toContainText("Never made in this browser");
  const path = info.outputPath("anna.signet");
  const file = await exportBackup(anna, path);
  await expect(said(anna)).toContainText("1 conversation and 2 messages");
  await expect(backups(anna)).toContainText(/Last made in this browser on/);
  for (const text of TEXTS) expect(file.includes(text)).toBe(false);

  // Another implementation of the format opens it, and sees the same.
  const read = JSON.parse(execFileSync("python3", [READER, path], { input: `${BACKUP_PASSWORD}\n`, encoding: "utf8" }));
  expect(read.username).toBe("anna");
  expect(read.contacts).toEqual(["bruno"]);
  expect(read.messages.map((message: { text: string }) => message.text)).toEqual(TEXTS);
  expect(read.messages.map((message: { state: number }) => message.state)).toEqual([3, 1]);

  await button(anna, "Test a backup").click();
  await give(anna, file, BACKUP_PASSWORD, "Test");
  await expect(said(anna)).toContainText("This backup of anna is whole", { timeout: 60_000 });
  await expect(said(anna)).toContainText("1 conversation and 2 messages");
  await expect(backups(anna)).toContainText(/Last tested in this browser on/);
  await button(anna, "Import key backup").click();
  await give(anna, file, BACKUP_PASSWORD, "Import");
  await expect(said(anna)).toHaveText(/nothing was added/i, { timeout: 60_000 });

  // The relay loses every message; a new browser of hers finds none.
  await relay.kill();
  const lose = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])";
  const all = "DELETE FROM mailbox; UPDATE heads SET head = 0; DELETE FROM slips; DELETE FROM envelopes;";
  execFileSync("python3", ["-c", lose, join(relay.data, "signet.db"), all]);
  await relay.restart();
  const fresh = await newPage();
  await signIn(fresh, "anna", secret);
  await openConversation(fresh, "bruno");
  await expectTexts(fresh, []);
  await settings(fresh);
  await button(fresh, "Import key backup").click();
  await give(fresh, file, BACKUP_PASSWORD, "Import");
  await expect(said(fresh)).toContainText("2 messages were added", { timeout: 60_000 });
  await fresh.getByRole("link", { name: "Back to conversations" }).click();
  await openConversation(fresh, "bruno");
  await expectTexts(fresh, TEXTS);
  await fresh.reload();
  await openConversation(fresh, "bruno");
  await expectTexts(fresh, TEXTS);
});

test("each file that is not taken says why, and what to do", async ({ newPage }, info) => {
  const [anna, other] = [await newPage(), await newPage()];
  await signUp(anna, "anna", password());
  await signUp(other, "other", password());
  await settings(anna);
  const file = await exportBackup(anna, info.outputPath("anna.signet"));
  await button(anna, "Test a backup").click();
  await button(anna, "Test").click();
  await expect(anna.getByLabel("Backup file")).toHaveAccessibleDescription(/choose the backup file/i);
  await expect(field(anna, "Backup password")).toHaveAccessibleDescription(/type the backup password/i);

  const end = file.length - 1;
  const cases: [string, Buffer, RegExp][] = [
    ["another file", Buffer.from("PK something else, long enough to look at"), /not a Signet backup/],
    ["cut short", file.subarray(0, file.length - 1), /ends too early/],
    ["a flipped bit", edited(file, 300, file[300]! ^ 1), /damaged or was changed/],
    ["a flipped bit of its head", edited(file, 20, file[20]! ^ 1), /damaged or was changed/],
    ["a flipped bit of its signature", edited(file, end, file[end]! ^ 1), /not signed by its account/],
    ["a newer version", edited(file, 5, 2), /newer version/],
    ["a day's work", edited(file, 7, 255, { resum: true }), /before your backup password was used/],
  ];
  for (const [what, bad, says] of cases) {
    await give(anna, bad, BACKUP_PASSWORD, "Test");
    await expect(anna.getByLabel("Backup file"), what).toHaveAccessibleDescription(says, { timeout: 60_000 });
    await expect(anna.getByLabel("Backup file"), what).toBeFocused();
  }
  await give(anna, file, "a drawer full of even socks", "Test");
  await expect(field(anna, "Backup password")).toHaveAccessibleDescription(/does not fit/, { timeout: 60_000 });
  await expect(field(anna, "Backup password")).toBeFocused();

  // Stopped in the middle: nothing happened, and it can be begun again.
  await give(anna, file, BACKUP_PASSWORD, "Test");
  await expect(anna.getByRole("progressbar", { name: "Testing the backup" })).toBeVisible();
  await button(anna, "Cancel").click();
  await expect(said(anna)).toHaveText(/stopped, as you asked/i);
  await button(anna, "Test a backup").click();
  await give(anna, file, BACKUP_PASSWORD, "Test");
  await expect(said(anna)).toContainText("This backup of anna is whole", { timeout: 60_000 });

  await settings(other);
  await button(other, "Import key backup").click();
  await give(other, file, BACKUP_PASSWORD, "Import");
  await expect(other.getByLabel("Backup file")).toHaveAccessibleDescription(/another account/, { timeout: 60_000 });
  writeFileSync(info.outputPath("refused.signet"), edited(file, 300, file[300]! ^ 1));
  expect(() => execFileSync("python3", [READER, info.outputPath("refused.signet")], { input: `${BACKUP_PASSWORD}\n`, stdio: "pipe" }))
    .toThrow(/refused/);
});

test("on a narrow screen, from another tab, and with a password that does not do", async ({ newBrowser }, info) => {
  const context = await newBrowser();
  const leader = await context.newPage();
  await signUp(leader, "anna", password());
  const page = await context.newPage();
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto("/settings");
  await button(page, "Export key backup").click();
  await expect(field(page, "Backup password")).toBeFocused();
  await field(page, "Backup password").fill("short");
  await button(page, "Make backup").click();
  await expect(field(page, "Backup password")).toHaveAccessibleDescription(/too short/);
  await field(page, "Backup password").fill(BACKUP_PASSWORD);
  // Whatever else is looked at meanwhile, what is typed stays.
  await button(page, "Show recovery key status").click();
  await button(page, "Hide recovery key status").click();
  await expect(field(page, "Backup password")).toHaveValue(BACKUP_PASSWORD);
  await button(page, "Make backup").click();
  await expect(field(page, "Repeat backup password")).toHaveAccessibleDescription(/differ/);
  await expect(page.getByText("Strength: Strong")).toBeVisible();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(320);
  await button(page, "Cancel").click();
  await expect(button(page, "Export key backup")).toBeFocused();
  expect((await exportBackup(page, info.outputPath("anna.signet"))).subarray(0, 4).toString()).toBe("SGNB");
});

test("a backup that is a page opens from disk with no network at all, and shows every message", async ({ newPage, browser }, info) => {
  const anna = await newPage();
  await talk(anna, await newPage());
  // The page around the backup is nobody's to fetch who does not want it.
  const readers: string[] = [];
  anna.on("request", (request) => void (request.url().includes("/assets/reader") && readers.push(request.url())));
  await button(anna, "Export key backup").click();
  await field(anna, "Backup password").fill(BACKUP_PASSWORD);
  await field(anna, "Repeat backup password").fill(BACKUP_PASSWORD);
  await anna.getByRole("checkbox", { name: "As a page that opens without Signet" }).check();
  expect(readers).toEqual([]);
  const saved = anna.waitForEvent("download", { timeout: 60_000 });
  await button(anna, "Make backup").click();
  const path = info.outputPath("anna.html");
  const download = await saved;
  expect(download.suggestedFilename()).toMatch(/^signet-anna-.*\.html$/);
  await download.saveAs(path);
  expect(readers.length).toBe(1);
  const html = readFileSync(path, "utf8");
  for (const text of TEXTS) expect(html.includes(text)).toBe(false);
  expect(html).toContain("connect-src 'none'");

  const context = await browser.newContext({ offline: true });
  const asked: string[] = [];
  const faults: string[] = [];
  context.on("request", (request) => asked.push(request.url()));
  context.on("weberror", (error) => faults.push(String(error.error())));
  const page = await context.newPage();
  page.on("console", (message) => void (message.type() === "error" && faults.push(message.text())));
  await page.goto(pathToFileURL(path).href);
  await field(page, "Backup password").fill("a drawer full of even socks");
  await button(page, "Open").click();
  await expect(page.getByRole("alert")).toContainText(/does not fit/, { timeout: 60_000 });
  await field(page, "Backup password").fill(BACKUP_PASSWORD);
  await button(page, "Open").click();
  await expect(page.getByRole("heading", { name: "Signet backup of anna" })).toBeFocused({ timeout: 60_000 });
  await page.getByRole("navigation", { name: "Conversations" }).getByRole("button", { name: "bruno" }).click();
  await expect(page.getByRole("log", { name: "Messages" }).locator("article .text")).toHaveText(TEXTS);
  expect(await page.evaluate(() => fetch("https://example.com").then(() => "reached", () => "refused"))).toBe("refused");
  expect(asked.filter((url) => !url.startsWith("file:"))).toEqual([]);
  expect(faults.filter((fault) => !/example\.com/.test(fault))).toEqual([]);

  // A bit of the sealed bytes: nothing is shown.
  const at = html.lastIndexOf('class="part">') + 1000;
  writeFileSync(path, html.slice(0, at) + (html[at] === "A" ? "B" : "A") + html.slice(at + 1));
  await page.goto(pathToFileURL(path).href);
  await field(page, "Backup password").fill(BACKUP_PASSWORD);
  await button(page, "Open").click();
  await expect(page.getByRole("alert")).toContainText(/damaged|not signed/, { timeout: 60_000 });
  await expect(page.locator("article")).toHaveCount(0);
  await context.close();
});
