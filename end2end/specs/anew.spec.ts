import type { BrowserContext, Page } from "@playwright/test";
import { expect, test } from "../fixtures.ts";
import {
  entry, expectSignedIn, fillSignIn, log, openConversation, password, send, signIn, signUp, startConversation,
} from "../people.ts";

// 72 hours, but for this.
test.use({ limits: { SIGNET_LIMITS_ANEW_WAIT_SECONDS: "8" } });
test.slow();

const title = (page: Page) => page.getByRole("heading", { name: "Start anew" });
const asked = (page: Page) =>
  page.getByRole("alert").filter({ hasText: "Someone asked to start this account anew" });

async function askByCode(page: Page, name: string, code: string): Promise<void> {
  await page.goto("/recover");
  await page.getByRole("button", { name: "I have neither" }).click();
  await page.getByRole("textbox", { name: "Username", exact: true }).fill(name);
  await page.getByRole("textbox", { name: "One-time code" }).fill(code);
  await page.getByRole("button", { name: "Ask to start anew" }).click();
}

/** Waits for the end of the wait, chooses a password, and returns the recovery key. */
async function begin(page: Page, secret: string): Promise<string> {
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(secret, { timeout: 60_000 });
  await page.getByRole("textbox", { name: "Repeat password" }).fill(secret);
  await page.getByRole("button", { name: "Start anew" }).click();
  await expect(page.getByRole("heading", { name: "Your recovery key" })).toBeVisible({ timeout: 150_000 });
  const key = await page.getByTestId("recovery-key").innerText();
  await page.getByRole("checkbox", { name: "I have saved my recovery key" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await expectSignedIn(page);
  return key;
}

type Story = { anna: Page; bruno: Page; secret: string };

/** Anna and Bruno, who have talked. */
async function talked(newPage: () => Promise<Page>): Promise<Story> {
  const [anna, bruno, secret] = [await newPage(), await newPage(), password()];
  await signUp(anna, "anna", secret);
  await signUp(bruno, "bruno", password());
  await startConversation(anna, "bruno");
  await send(anna, "before");
  await openConversation(bruno, "anna");
  await send(bruno, "an answer");
  await expect(log(anna).getByRole("article")).toHaveCount(2);
  return { anna, bruno, secret };
}

async function verify(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Conversation details" }).click();
  const details = page.getByRole("dialog");
  await details.getByRole("button", { name: "Mark as verified" }).click();
  await details.getByRole("button", { name: "Close" }).click();
}

test("whoever lost both secrets begins anew by the operator's code; people are warned; old messages open later", async ({
  relay, newPage, newBrowser,
}) => {
  const { anna, bruno, secret } = await talked(newPage);
  await anna.context().close();
  const profile: BrowserContext = await newBrowser();
  let page = await profile.newPage();
  await askByCode(page, "anna", "ABCD-EFGH");
  await expect(page.getByRole("alert")).toContainText("not a one-time code");
  const code = relay.admin("reset-account", "anna");
  await askByCode(page, "anna", code.toLowerCase());
  await expect(title(page)).toBeVisible();
  await expect(page.getByText("You asked to start anna anew")).toBeVisible();
  // A code is good once.
  const stranger = await newPage();
  await askByCode(stranger, "anna", code);
  await expect(stranger.getByRole("alert")).toContainText("used before");

  // The wait outlives the page.
  await page.close();
  page = await profile.newPage();
  await page.goto("/recover");
  await expect(title(page)).toBeVisible();
  const fresh = password();
  const key = await begin(page, fresh);
  expect(key).not.toBe("");
  await fillSignIn(stranger, "anna", secret);
  await stranger.getByRole("button", { name: "Sign in" }).click();
  await expect(stranger.getByRole("alert")).toHaveText(/wrong/i, { timeout: 60_000 });
  await signIn(stranger, "anna", fresh);

  // What was said before is there, sealed.
  await openConversation(page, "bruno");
  await expect(page.getByText("from before you began anew")).toBeVisible();
  await expect(log(page).getByRole("article")).toHaveCount(0);
  await send(page, "it is me");
  const card = bruno.getByRole("alert").filter({ hasText: "This may be somebody else" });
  await expect(card).toBeVisible({ timeout: 60_000 });
  await expect(log(bruno).getByText("it is me")).toHaveCount(0);
  const [row, pane] = [(await card.boundingBox())!, (await bruno.getByRole("main").boundingBox())!];
  expect(row.width).toBe(pane.width);
  await card.getByRole("button", { name: "Accept the new identity" }).click();
  await expect(log(bruno).getByText("it is me")).toBeVisible({ timeout: 60_000 });
  await send(bruno, "welcome back");
  await expect(log(page).getByText("welcome back")).toBeVisible({ timeout: 60_000 });

  // The old password turns up.
  await page.goto("/settings");
  const field = page.getByRole("textbox", { name: "Earlier password or recovery key" });
  await field.fill(password());
  await page.getByRole("button", { name: "Open earlier messages" }).click();
  await expect(page.getByRole("alert")).toContainText("neither an earlier password", { timeout: 60_000 });
  await field.fill(secret);
  await page.getByRole("button", { name: "Open earlier messages" }).click();
  await expect(page.getByText("Earlier messages are open")).toBeVisible({ timeout: 60_000 });
  for (const browser of [page, stranger]) {
    await browser.goto("/chat");
    await openConversation(browser, "bruno");
    await expect(log(browser).getByRole("article")).toHaveCount(4, { timeout: 60_000 });
    await expect(log(browser).getByRole("article").first()).toContainText("before");
    await expect(browser.getByText("from before you began anew")).toHaveCount(0);
  }
});

test("somebody who verified the person is blocked until they have compared again", async ({ relay, newPage }) => {
  const { anna, bruno } = await talked(newPage);
  await verify(bruno);
  await anna.context().close();
  const page = await newPage();
  await askByCode(page, "anna", relay.admin("reset-account", "anna"));
  await begin(page, password());
  await openConversation(page, "bruno");
  await send(page, "it is me");
  const card = bruno.getByRole("alert").filter({ hasText: "This may be somebody else" });
  await expect(card).toContainText("You had verified this person", { timeout: 60_000 });
  await expect(card.getByRole("button", { name: "Accept the new identity" })).toHaveCount(0);
  await send(bruno, "who is this?");
  await expect(log(bruno).getByRole("article").last()).toHaveAttribute("data-state", /sending|failed/);
  await card.getByRole("button", { name: "Compare safety number" }).click();
  await bruno.getByRole("dialog").getByRole("button", { name: "Mark as verified" }).click();
  await bruno.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await expect(log(bruno).getByText("it is me")).toBeVisible({ timeout: 60_000 });
});

test("a browser that is still signed in is told, also after a reload, and refuses", async ({ relay, newPage }) => {
  const anna = await newPage();
  await signUp(anna, "anna", password(), { stay: true });
  // On a phone the list alone is seen, or a conversation alone.
  await anna.setViewportSize({ width: 390, height: 844 });
  const thief = await newPage();
  await askByCode(thief, "anna", relay.admin("reset-account", "anna"));
  await expect(asked(anna)).toBeVisible();
  await anna.reload();
  await expect(asked(anna)).toBeVisible();
  await anna.goto("/settings");
  await asked(anna).getByRole("button", { name: "Refuse" }).click();
  await expect(asked(anna)).toHaveCount(0);
  await expect(thief.getByText("A browser that is signed in to anna refused")).toBeVisible({ timeout: 60_000 });
  await thief.getByRole("button", { name: "OK" }).click();
  await expect(thief.getByRole("button", { name: "I have neither" })).toBeVisible();
  await anna.goto("/chat");
  await expectSignedIn(anna);
  await expect(entry(anna, "nobody")).toHaveCount(0);
});

test("whoever is still signed in asks from the settings and goes on in the same browser", async ({ newPage }) => {
  const anna = await newPage();
  await signUp(anna, "anna", password(), { stay: true });
  await anna.goto("/settings");
  await anna.getByRole("button", { name: "Ask to start anew" }).click();
  await expect(asked(anna)).toBeVisible();
  await anna.getByRole("button", { name: "Go on" }).click();
  await expect(title(anna)).toBeVisible();
  await begin(anna, password());
  await expect(asked(anna)).toHaveCount(0);
});
