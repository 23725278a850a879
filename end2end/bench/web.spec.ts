import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures.ts";
import {
  articles, expectSignedIn, expectTexts, fillSignIn, fillSignUp, messageBox, openConversation, password, send, signOut,
  startConversation,
} from "../people.ts";

const ROUNDS = Number(process.env.SIGNET_BENCH_ROUNDS ?? "5");
const MESSAGES = ROUNDS > 1 ? 40 : 10;
const JSON_FILE = process.env.SIGNET_BENCH_JSON ?? fileURLToPath(new URL("../../target/bench/web.json", import.meta.url));
const SITE = process.env.SIGNET_BUILT_SITE ?? fileURLToPath(new URL("../../target/site", import.meta.url));

/** Figures by name, one for each round or message, in milliseconds. */
const figures = new Map<string, number[]>();
const note = (name: string, value: number) => figures.set(name, [...(figures.get(name) ?? []), value]);

/** The longest task of the page's own thread since it was loaded. */
async function watchTasks(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const global = window as unknown as { longest: number };
    global.longest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) global.longest = Math.max(global.longest, entry.duration);
    }).observe({ type: "longtask", buffered: true });
  });
}

const longest = (page: Page) => page.evaluate(() => (window as unknown as { longest: number }).longest);

/** Until the fields of the sign-in page accept typing and the button can be pressed, from an empty cache. */
async function timeFirstPage(page: Page): Promise<void> {
  const start = performance.now();
  await page.goto("/sign-in", { waitUntil: "commit" });
  await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
  note("sign-in page usable", performance.now() - start);
  const paint = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1)?.startTime ?? 0))
          .observe({ type: "largest-contentful-paint", buffered: true });
      }),
  );
  note("largest contentful paint", paint);
}

async function timeSignUp(page: Page, name: string, secret: string): Promise<void> {
  await fillSignUp(page, name, secret);
  const start = performance.now();
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Your recovery key" })).toBeVisible({ timeout: 150_000 });
  note("sign-up to recovery key", performance.now() - start);
  await page.getByRole("checkbox", { name: "I have saved my recovery key" }).check();
  const again = performance.now();
  await page.getByRole("button", { name: "Continue" }).click();
  await expectSignedIn(page);
  note("recovery key to first screen", performance.now() - again);
  note("longest task of the page during sign-up", await longest(page));
}

async function timeSignIn(page: Page, name: string, secret: string): Promise<void> {
  await fillSignIn(page, name, secret);
  const start = performance.now();
  await page.getByRole("button", { name: "Sign in" }).click();
  await expectSignedIn(page);
  note("sign-in to conversations", performance.now() - start);
}

/** From Enter in one browser to the text in the other's document, by one clock: both are processes of this machine. */
async function timeMessages(from: Page, to: Page, said: string[]): Promise<void> {
  for (let n = 0; n < MESSAGES; n++) {
    const text = `message ${said.length}`;
    const shown = to.evaluate(
      (text) =>
        new Promise<number>((resolve) => {
          const log = document.querySelector("[role=log]");
          const look = () => log?.textContent?.includes(text) && resolve(performance.timeOrigin + performance.now());
          new MutationObserver(look).observe(log ?? document, { subtree: true, childList: true, characterData: true });
        }),
      `message ${said.length}`,
    );
    await messageBox(from).fill(text);
    const sent = from.evaluate(
      () =>
        new Promise<number>((resolve) =>
          addEventListener("keydown", () => resolve(performance.timeOrigin + performance.now()), { once: true, capture: true }),
        ),
    );
    await messageBox(from).press("Enter");
    note("send to shown in the other browser", (await shown) - (await sent));
    said.push(text);
  }
}

test("what a person waits for", async ({ newPage }) => {
  for (let round = 1; round <= ROUNDS; round++) {
    const [anna, bruno] = [await newPage(), await newPage()];
    await watchTasks(anna);
    await timeFirstPage(anna);
    const [annaName, brunoName] = [`anna_${round}`, `bruno_${round}`];
    const [annaSecret, brunoSecret] = [password(), password()];
    await timeSignUp(anna, annaName, annaSecret);
    await watchTasks(bruno);
    await timeSignUp(bruno, brunoName, brunoSecret);
    await startConversation(anna, brunoName);
    const said = ["Hello."];
    await send(anna, "Hello.");
    await openConversation(bruno, annaName);
    await expectTexts(bruno, said);
    await timeMessages(anna, bruno, said);
    await expect(articles(bruno)).toHaveCount(said.length);
    await signOut(bruno);
    await timeSignIn(bruno, brunoName, brunoSecret);
    await Promise.all([anna.context().close(), bruno.context().close()]);
  }
  report();
});

function report(): void {
  const rows = [...figures].map(([name, values]) => {
    const sorted = [...values].sort((one, other) => one - other);
    const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
    return { name, n: values.length, p50: at(0.5), p95: at(0.95), least: at(0), most: sorted.at(-1) ?? 0 };
  });
  const round = (value: number) => value.toFixed(1).padStart(10);
  const bytes = sizes();
  mkdirSync(dirname(JSON_FILE), { recursive: true });
  const machine = { processor: cpus()[0]?.model, processors: cpus().length };
  writeFileSync(JSON_FILE, `${JSON.stringify({ machine, rounds: ROUNDS, milliseconds: rows, bytes }, null, 2)}\n`);
  const lines = [
    `${"milliseconds".padEnd(44)}${"n".padStart(5)}       p50       p95     least      most`,
    ...rows.map((row) =>
      row.name.padEnd(44) + String(row.n).padStart(5) + [row.p50, row.p95, row.least, row.most].map(round).join(""),
    ),
    "(of the page's own tasks only those of 50 milliseconds and more are told; 0 means none)",
    "",
    `brotli bytes to a usable sign-in page: ${bytes.signIn}`,
    `brotli bytes to the first conversation: ${bytes.conversation}`,
    `written to ${JSON_FILE}`,
  ];
  console.log(`\n${lines.join("\n")}\n`);
}

type Listed = { path: string; bytes: number; brotli: number | null };

/** As the build counts them (`xtask/src/build/sizes.rs`): what is fetched later by those who want it does not count. */
function sizes(): { signIn: number; conversation: number } {
  const { files } = JSON.parse(readFileSync(join(SITE, "manifest.json"), "utf8")) as { files: Listed[] };
  const sum = (wanted: (path: string) => boolean) =>
    files.filter(({ path }) => wanted(path)).reduce((total, file) => total + (file.brotli ?? file.bytes), 0);
  const later = (path: string) => /^assets\/(page-split_account|vault-split_later|reader)\./.test(path);
  const more = (path: string) => /^assets\/(vault|page-.+\.wasm$)/.test(path);
  const signIn = sum(
    (path) => path === "pages/sign-in.html" || (!path.startsWith("pages/") && !more(path) && !later(path)),
  );
  return { signIn, conversation: signIn + sum((path) => more(path) && !later(path)) };
}
