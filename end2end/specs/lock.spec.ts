import type { CDPSession, Page } from "@playwright/test";
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
  await signUp(page, "anna", password());
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("combobox", { name: "Lock when unused for" }).selectOption("15 minutes");
  await expect(page.getByText("This browser keeps to that from now on.")).toBeVisible();
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
  const memory = await Memory.of(page);
  // In WebAssembly's memory, a text is UTF-8.
  expect(await memory.holds(canary)).toBe(true);
  await page.getByRole("button", { name: "Lock", exact: true }).click();
  await expectLocked(page);
  await expect(messageBox(page)).toHaveCount(0);
  await expect.poll(() => memory.holds(canary), { timeout: 30_000 }).toBe(false);
});

/** The memories of a page's workers, through the browser's debugger. */
const GONE = "the worker has ended";

class Memory {
  private readonly workers = new Set<string>();
  private readonly waiting = new Map<number, (answer: { result?: unknown; error?: { message: string } }) => void>();
  private last = 0;

  private constructor(private readonly session: CDPSession) {}

  static async of(page: Page): Promise<Memory> {
    const memory = new Memory(await page.context().newCDPSession(page));
    const { session, workers, waiting } = memory;
    session.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
      if (targetInfo.type === "worker") workers.add(sessionId);
    });
    session.on("Target.detachedFromTarget", ({ sessionId }) => {
      workers.delete(sessionId);
      // A worker that ends answers nothing more. Its memory is gone with it.
      for (const answer of waiting.values()) answer({ error: { message: GONE } });
      waiting.clear();
    });
    session.on("Target.receivedMessageFromTarget", ({ message }) => {
      const answer = JSON.parse(message) as { id?: number; result?: unknown; error?: { message: string } };
      if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
    });
    await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
    await expect.poll(() => workers.size).toBeGreaterThan(0);
    return memory;
  }

  private async ask(sessionId: string, method: string, params: object): Promise<any> {
    const id = ++this.last;
    const answered = new Promise<{ result?: unknown; error?: { message: string } }>((resolve) => this.waiting.set(id, resolve));
    await this.session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method, params }) });
    const { result, error } = await answered;
    if (error) throw new Error(error.message);
    return result;
  }

  /** Whether any worker's WebAssembly memory holds this text; undefined while there is none to look into. */
  async holds(text: string): Promise<boolean | undefined> {
    let seen = 0;
    let found = false;
    for (const worker of [...this.workers]) try {
      const { result: kind } = await this.ask(worker, "Runtime.evaluate", { expression: "WebAssembly.Memory.prototype" });
      const { objects } = await this.ask(worker, "Runtime.queryObjects", { prototypeObjectId: kind.objectId });
      const look = `function (text) {
        const needle = new TextEncoder().encode(text);
        return this.map((memory) => {
          const bytes = new Uint8Array(memory.buffer);
          for (let at = bytes.indexOf(needle[0]); at >= 0; at = bytes.indexOf(needle[0], at + 1)) {
            if (needle.every((byte, n) => bytes[at + n] === byte)) return true;
          }
          return false;
        });
      }`;
      const { result } = await this.ask(worker, "Runtime.callFunctionOn", {
        objectId: objects.objectId, functionDeclaration: look, arguments: [{ value: text }], returnByValue: true,
      });
      seen += result.value.length;
      found ||= result.value.includes(true);
    } catch (error) {
      if (!String(error).includes(GONE)) throw error;
    }
    return seen === 0 ? undefined : found;
  }
}
