import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures.ts";
import { expectStates, expectTexts, introduce, password, send, signUp } from "../people.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const section = (page: Page) => page.locator("section").filter({ has: page.getByRole("heading", { name: "Your data" }) });
const said = (page: Page) => section(page).locator(".said");
const understood = (page: Page) => page.getByRole("checkbox", { name: "I want a file that anybody can read" });
const TEXTS = [
  "Hello, Bruno.",
  "</p></article><script>document.title = 'run'</script><img src=x onerror=\"document.title='run'\">",
  "\"quotes\" & 'apostrophes'\nsecond line 🦊",
];

async function settings(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByText("Signed in as")).toBeVisible();
}

test("one's own conversations are saved as a page and as JSON, and everything written is text in both", async ({ newPage, browser, relay }, info) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  for (const text of TEXTS.slice(1)) {
    await bruno.getByRole("textbox", { name: "Message", exact: true }).fill(text);
    await bruno.getByRole("textbox", { name: "Message", exact: true }).press("Enter");
    await expect(bruno.getByRole("textbox", { name: "Message", exact: true })).toHaveValue("");
  }
  await expect.poll(() => anna.getByRole("log", { name: "Messages" }).getByRole("article").count()).toBe(3);
  await expectStates(anna, ["read"]);
  await settings(anna);
  await button(anna, "Export my data").click();
  await expect(section(anna)).toContainText("This file is not sealed");
  // Not before the person has read that.
  await button(anna, "Make the file").click();
  await expect(section(anna)).toContainText("Tick this box first");
  await expect(understood(anna)).toBeFocused();
  await understood(anna).check();

  const asked: string[] = [];
  const path = info.outputPath("anna.zip");
  const saved = anna.waitForEvent("download", { timeout: 60_000 });
  anna.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await button(anna, "Make the file").click();
  const download = await saved;
  expect(download.suggestedFilename()).toMatch(/^signet-data-anna-\d{4}-\d\d-\d\d\.zip$/);
  await download.saveAs(path);
  await expect(said(anna)).toHaveText("Your data is saved: 1 conversation and 3 messages.");
  await expect(button(anna, "Export my data")).toBeFocused();
  // The relay is told nothing of it: what is fetched is code, if anything. What has been read is kept there at any time.
  expect(asked.filter((path) => !path.startsWith("/assets/") && path !== "/api/state")).toEqual([]);
  expect(relay.logs.join("")).not.toContain("Hello, Bruno.");

  // Another program unpacks it and checks its sums.
  const folder = info.outputPath("unpacked");
  const unpack = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2]); print(z.namelist())";
  const names = execFileSync("python3", ["-c", unpack, path, folder], { encoding: "utf8" });
  expect(names.trim()).toBe("['index.html', 'messages.json']");
  const data = JSON.parse(readFileSync(join(folder, "messages.json"), "utf8"));
  expect(data).toMatchObject({ format: "signet-archive", version: 1, username: "anna" });
  expect(data.conversations.map((conv: { with: string }) => conv.with)).toEqual(["bruno"]);
  const messages: { from: string; mine: boolean; text: string; sent_ms: number; state: string }[] = data.conversations[0].messages;
  expect(messages.map((message) => message.text)).toEqual(TEXTS);
  expect(messages.map((message) => message.from)).toEqual(["anna", "bruno", "bruno"]);
  expect(messages.map((message) => message.state)).toEqual(["read", "received", "received"]);

  // The page opens from the disk, without a network, and runs nothing.
  const context = await browser.newContext({ offline: true });
  const requests: string[] = [];
  context.on("request", (request) => requests.push(request.url()));
  const page = await context.newPage();
  await page.goto(pathToFileURL(join(folder, "index.html")).href);
  await expect(page).toHaveTitle("Conversations of anna");
  await page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: "bruno" }).click();
  const shown = page.locator("article .text");
  await expect(shown).toHaveCount(3);
  expect(await shown.evaluateAll((all) => all.map((text) => text.textContent))).toEqual(TEXTS);
  expect(await page.locator("script, img, iframe, object").count()).toBe(0);
  expect(requests.filter((url) => !url.startsWith("file:"))).toEqual([]);
  await context.close();
});

test("a long history comes with a bar that moves, and can be stopped", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  const long = "<&>".repeat(6_600);
  for (let count = 0; count < 14; count++) await send(anna, long);
  await expectTexts(bruno, ["Hello, Bruno.", ...Array.from({ length: 14 }, () => long)]);
  await settings(anna);

  // Held back after its first parts, as a slow computer would.
  await anna.evaluate(() => {
    const post = Worker.prototype.postMessage;
    let let_go = () => {};
    const held = new Promise<void>((resolve) => (let_go = resolve));
    let count = 0;
    Worker.prototype.postMessage = function (this: Worker, ...message: Parameters<Worker["postMessage"]>) {
      count += 1;
      if (count > 3) void held.then(() => post.apply(this, message));
      else post.apply(this, message);
    } as Worker["postMessage"];
    Object.assign(window, { signetTestLetGo: () => let_go() });
  });
  await button(anna, "Export my data").click();
  await understood(anna).check();
  let downloads = 0;
  anna.on("download", () => void (downloads += 1));
  await button(anna, "Make the file").click();
  const bar = anna.getByRole("progressbar", { name: "Writing your data" });
  await expect.poll(async () => Number(await bar.getAttribute("value"))).toBeGreaterThan(0);
  await button(anna, "Cancel").click();
  await expect(said(anna)).toHaveText("Stopped, as you asked. No file was made.");
  await anna.evaluate(() => (window as unknown as { signetTestLetGo(): void }).signetTestLetGo());
  await button(anna, "Export my data").click();
  await understood(anna).check();
  const saved = anna.waitForEvent("download", { timeout: 60_000 });
  await button(anna, "Make the file").click();
  await saved;
  await expect(said(anna)).toHaveText("Your data is saved: 1 conversation and 15 messages.");
  expect(downloads).toBe(1);
});

test("an account in which nothing was written yet has a file too", async ({ newPage }, info) => {
  const anna = await newPage();
  await anna.setViewportSize({ width: 320, height: 640 });
  await signUp(anna, "anna", password());
  await settings(anna);
  await button(anna, "Export my data").click();
  await understood(anna).check();
  expect(await anna.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  const saved = anna.waitForEvent("download", { timeout: 60_000 });
  await button(anna, "Make the file").click();
  await (await saved).saveAs(info.outputPath("empty.zip"));
  await expect(said(anna)).toHaveText("Your data is saved: 0 conversations and 0 messages.");
  const list = "import json, sys, zipfile; print(json.loads(zipfile.ZipFile(sys.argv[1]).read('messages.json'))['conversations'])";
  expect(execFileSync("python3", ["-c", list, info.outputPath("empty.zip")], { encoding: "utf8" }).trim()).toBe("[]");
});
