import { randomBytes } from "node:crypto";
import { expect, type Locator, type Page } from "@playwright/test";

/** Key generation takes as long as it takes to meet two large primes. */
const KEYS = { timeout: 150_000 };

/** A password that no list holds. */
export function password(): string {
  return `quiet otters ${randomBytes(6).toString("hex")} climb`;
}

export async function fillSignUp(page: Page, name: string, secret: string, repeat = secret): Promise<void> {
  await page.goto("/sign-up");
  await page.getByRole("textbox", { name: "Username", exact: true }).fill(name);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(secret);
  await page.getByRole("textbox", { name: "Repeat password", exact: true }).fill(repeat);
}

/** Makes an account, as a person does, and returns the recovery key. */
export async function signUp(page: Page, name: string, secret: string, { stay = false } = {}): Promise<string> {
  await fillSignUp(page, name, secret);
  if (stay) await page.getByRole("checkbox", { name: "Stay signed in on this browser" }).check();
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Your recovery key" })).toBeVisible(KEYS);
  const key = await page.getByTestId("recovery-key").innerText();
  await page.getByRole("checkbox", { name: "I have saved my recovery key" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await expectSignedIn(page);
  return key;
}

export async function fillSignIn(page: Page, name: string, secret: string): Promise<void> {
  await page.goto("/sign-in");
  const field = page.getByRole("textbox", { name: "Username", exact: true });
  // The page offers the name last used here; a test types faster than a person sees it.
  await expect(async () => {
    await field.fill(name);
    await expect(field).toHaveValue(name, { timeout: 1_000 });
  }).toPass();
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(secret);
}

export async function signIn(page: Page, name: string, secret: string, { stay = false } = {}): Promise<void> {
  await fillSignIn(page, name, secret);
  if (stay) await page.getByRole("checkbox", { name: "Stay signed in on this browser" }).check();
  await page.getByRole("button", { name: "Sign in" }).click();
  await expectSignedIn(page);
}

/** Signs in with the recovery key, up to the choice of a new password. */
export async function recover(page: Page, name: string, key: string): Promise<void> {
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Use recovery key" }).click();
  await fillRecover(page, name, key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Choose a new password" })).toBeVisible({ timeout: 60_000 });
}

export async function fillRecover(page: Page, name: string, key: string): Promise<void> {
  const field = page.getByRole("textbox", { name: "Username", exact: true });
  // The page offers the name last used here; a test types faster than a person sees it.
  await expect(async () => {
    await field.fill(name);
    await expect(field).toHaveValue(name, { timeout: 1_000 });
  }).toPass();
  await page.getByRole("textbox", { name: "Recovery key", exact: true }).fill(key);
}

/** The conversations are there, and nothing is asked. */
export async function expectSignedIn(page: Page): Promise<void> {
  await expect(page.getByRole("navigation", { name: "Conversations" })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("button", { name: "New conversation" })).toBeEnabled({ timeout: 60_000 });
}

/** The page leads to the sign-in form. */
export async function expectSignedOut(page: Page): Promise<void> {
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("textbox", { name: "Password", exact: true })).toBeVisible();
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out" }).click();
  await expectSignedOut(page);
}

/** How many rows this browser's databases hold, of everything. */
export function storedRows(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    let rows = 0;
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name!));
      for (const store of database.objectStoreNames) rows += await done(database.transaction(store).objectStore(store).count());
      database.close();
    }
    return rows;
  });
}

export async function askFor(page: Page, name: string): Promise<Locator> {
  await page.getByRole("button", { name: "New conversation" }).click();
  const dialog = page.getByRole("dialog", { name: "New conversation" });
  await dialog.getByRole("textbox", { name: "Username" }).fill(name);
  await dialog.getByRole("button", { name: "Start conversation" }).click();
  return dialog;
}

export async function startConversation(page: Page, name: string): Promise<void> {
  const dialog = await askFor(page, name);
  await expect(dialog).toBeHidden();
  await expect(messageBox(page)).toBeVisible();
}

/** The entry of the list that begins with this name. */
export function entry(page: Page, name: string): Locator {
  return page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: new RegExp(`^${name}\\b`) });
}

export async function openConversation(page: Page, name: string): Promise<void> {
  await entry(page, name).click();
  await expect(messageBox(page)).toBeVisible();
}

export function messageBox(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message", exact: true });
}

export async function send(page: Page, text: string): Promise<void> {
  await messageBox(page).fill(text);
  await messageBox(page).press("Enter");
  await expect(messageBox(page)).toHaveValue("");
}

export function log(page: Page): Locator {
  return page.getByRole("log", { name: "Messages" });
}

export function articles(page: Page): Locator {
  return log(page).getByRole("article");
}

/** What is written in each message, in the order in which they stand. */
export function texts(page: Page): Promise<string[]> {
  return articles(page).evaluateAll((all) =>
    all.map((article) => article.querySelector(".bubble > .message-text")?.textContent ?? "(no text)"),
  );
}

/** Exactly these messages, once each, in this order, and no others. */
export async function expectTexts(page: Page, wanted: string[], timeout = 60_000): Promise<void> {
  await expect.poll(() => texts(page), { timeout }).toEqual(wanted);
}

/** Exactly these messages, once each, in whatever order. */
export async function expectTextsInAnyOrder(page: Page, wanted: string[], timeout = 60_000): Promise<void> {
  await expect.poll(async () => (await texts(page)).sort(), { timeout }).toEqual([...wanted].sort());
}

/** The states of one's own messages, as they stand. */
export function states(page: Page): Promise<string[]> {
  return articles(page).evaluateAll((all) => all.flatMap((article) => article.getAttribute("data-state") ?? []));
}

/** All of one's own messages have reached one of these states. */
export async function expectStates(page: Page, allowed: string[], timeout = 60_000): Promise<void> {
  await expect.poll(async () => (await states(page)).filter((state) => !allowed.includes(state)), { timeout }).toEqual([]);
}

export async function expectConnection(page: Page, state: RegExp): Promise<void> {
  await expect(page.getByRole("status", { name: "Connection" })).toHaveText(state, { timeout: 60_000 });
}

/** Two people with an account each, in one conversation that the first began and both have open. */
export async function introduce(
  anna: Page,
  bruno: Page,
  { stay = false } = {},
): Promise<{ annaSecret: string; brunoSecret: string }> {
  const [annaSecret, brunoSecret] = [password(), password()];
  await signUp(bruno, "bruno", brunoSecret, { stay });
  await signUp(anna, "anna", annaSecret, { stay });
  await startConversation(anna, "bruno");
  await send(anna, "Hello, Bruno.");
  await openConversation(bruno, "anna");
  await expectTexts(bruno, ["Hello, Bruno."]);
  return { annaSecret, brunoSecret };
}
