import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures.ts";
import {
  expectSignedIn, expectSignedOut, expectTexts, fillRecover, fillSignIn, introduce, openConversation, password, recover, send,
  signIn, signUp, startConversation,
} from "../people.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const alert = (page: Page) => page.getByRole("alert");

async function settings(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByText("Signed in as")).toBeVisible();
}

async function backToChat(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Back to conversations" }).click();
  await expectSignedIn(page);
}

async function fillNew(page: Page, secret: string): Promise<void> {
  await field(page, "New password").fill(secret);
  await field(page, "Repeat new password").fill(secret);
}

/** Opens the form in the settings, types the present secret and the new one. */
async function fillChange(page: Page, current: string, secret: string): Promise<void> {
  await button(page, "Change password").click();
  await field(page, "Current password").fill(current);
  await fillNew(page, secret);
}

/** The sign-in form says that this is wrong. */
async function expectRefused(page: Page, name: string, secret: string): Promise<void> {
  await fillSignIn(page, name, secret);
  await button(page, "Sign in").click();
  await expect(alert(page)).toHaveText(/password is wrong/i);
}

test("the recovery key opens the account in a fresh browser and sets a new password", async ({ newPage }) => {
  const [anna, bruno, found] = [await newPage(), await newPage(), await newPage()];
  const [old, fresh] = [password(), password()];
  await signUp(bruno, "bruno", password());
  const key = await signUp(anna, "anna", old);
  await startConversation(anna, "bruno");
  await send(anna, "Hello, Bruno.");
  await expectTexts(anna, ["Hello, Bruno."]);

  // As it comes off paper: small letters, spaces.
  await recover(found, "anna", key.toLowerCase().replaceAll("-", " "));
  await expect(found.getByRole("heading", { name: "Choose a new password" })).toBeFocused();
  await field(found, "New password").fill(fresh);
  await button(found, "Set password").click();
  await expect(field(found, "Repeat new password")).toBeFocused();
  await expect(field(found, "Repeat new password")).toHaveAccessibleDescription(/differ/i);
  await fillNew(found, fresh);
  await button(found, "Set password").click();
  await expectSignedIn(found);
  await openConversation(found, "bruno");
  await expectTexts(found, ["Hello, Bruno."]);
  await send(found, "I had forgotten my password.");
  await openConversation(bruno, "anna");
  await expectTexts(bruno, ["Hello, Bruno.", "I had forgotten my password."]);

  await expectSignedOut(anna);
  await expectRefused(anna, "anna", old);
  await signIn(anna, "anna", fresh);
  await openConversation(anna, "bruno");
  await expectTexts(anna, ["Hello, Bruno.", "I had forgotten my password."]);
  // The recovery key stays as it is.
  await recover(await newPage(), "anna", key);
});

test("the new password may wait, and the settings ask for it without the old one", async ({ newPage }) => {
  const [anna, found] = [await newPage(), await newPage()];
  const fresh = password();
  const key = await signUp(anna, "anna", password());
  await recover(found, "anna", key);
  await button(found, "Later").click();
  await expectSignedIn(found);
  await settings(found);
  await button(found, "Change password").click();
  await expect(field(found, "New password")).toBeFocused();
  await expect(field(found, "Current password")).toHaveCount(0);
  await fillNew(found, fresh);
  await button(found, "Save new password").click();
  await expect(found.getByText("Your password is changed. 1 other browser was signed out.")).toBeVisible();
  await expectSignedOut(anna);
  await signIn(anna, "anna", fresh);
  // From now on it is asked for again.
  await button(found, "Change password").click();
  await expect(field(found, "Current password")).toBeVisible();
});

test("what is no recovery key, or not this account's, is told apart beside the field", async ({ newPage }) => {
  const [anna, bruno, page] = [await newPage(), await newPage(), await newPage()];
  const key = await signUp(anna, "anna", password());
  const strange = await signUp(bruno, "bruno", password());
  await page.goto("/recover");
  await button(page, "Sign in").click();
  await expect(field(page, "Username")).toBeFocused();
  await expect(field(page, "Username")).toHaveAccessibleDescription(/type your username/i);
  const last = key.at(-1) === "2" ? "3" : "2";
  for (const typed of [key.slice(0, -1) + last, key.slice(0, 30), "quiet otters climb"]) {
    await fillRecover(page, "anna", typed);
    await button(page, "Sign in").click();
    await expect(field(page, "Recovery key")).toHaveAccessibleDescription(/not a whole recovery key/i);
  }
  await fillRecover(page, "anna", strange);
  await button(page, "Sign in").click();
  await expect(alert(page)).toHaveText(/recovery key is wrong/i);

  // In the password's place it is recognised, and the way to go is there.
  await page.getByRole("link", { name: "Use password" }).click();
  await fillSignIn(page, "anna", key);
  await button(page, "Sign in").click();
  await expect(field(page, "Password")).toHaveAccessibleDescription(/recovery key, not a password/i);
  await page.getByRole("link", { name: "Use recovery key" }).click();
  await expect(page).toHaveURL(/recover$/);
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
});

test("a changed password signs out every other browser, and a wrong one changes nothing", async ({ newPage }) => {
  const [anna, second, bruno] = [await newPage(), await newPage(), await newPage()];
  const [old, fresh] = [password(), password()];
  await signUp(bruno, "bruno", password());
  await signUp(anna, "anna", old);
  await signIn(second, "anna", old);
  await settings(anna);

  await fillChange(anna, "not the password at all", fresh);
  // The bar may be gone again before anyone looks.
  const bar = anna.evaluate(
    () =>
      new Promise<string | null>((resolve) => {
        const look = () => {
          const bar = document.querySelector("progress");
          if (bar) resolve(bar.getAttribute("aria-label"));
        };
        new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
      }),
  );
  await button(anna, "Save new password").click();
  expect(await bar).toBe("Proving that it is you");
  await expect(field(anna, "Current password")).toHaveAccessibleDescription(/neither your password nor/i);
  await expect(field(anna, "Current password")).toBeFocused();
  await field(anna, "Current password").fill(old);
  await field(anna, "New password").fill("password1234");
  await button(anna, "Save new password").click();
  await expect(field(anna, "New password")).toHaveAccessibleDescription(/stranger/i);
  await button(anna, "Cancel").click();
  await expect(button(anna, "Change password")).toBeFocused();
  // Nothing was changed: nobody is signed out, and the password holds.
  await startConversation(second, "bruno");
  await send(second, "Still here.");
  await signIn(await newPage(), "anna", old);

  await fillChange(anna, old, fresh);
  await expect(anna.getByRole("checkbox", { name: "sign out everywhere else" })).toBeChecked();
  await button(anna, "Save new password").click();
  await expect(anna.getByText("Your password is changed. 2 other browsers were signed out.")).toBeVisible();
  await expect(button(anna, "Change password")).toBeFocused();
  await expectSignedOut(second);
  await expect(alert(second)).toHaveText(/session was ended/i);
  await expectRefused(second, "anna", old);

  // Here everything goes on, over a reload too.
  await backToChat(anna);
  await openConversation(anna, "bruno");
  await send(anna, "And on it goes.");
  await openConversation(bruno, "anna");
  await expectTexts(bruno, ["Still here.", "And on it goes."]);
  await anna.reload();
  await expectSignedIn(anna);
  await signIn(second, "anna", fresh);
  await openConversation(second, "bruno");
  await expectTexts(second, ["Still here.", "And on it goes."]);
});

test("without the tick the other browsers stay, and the recovery key proves as well as the password", async ({ newPage }) => {
  const [anna, second] = [await newPage(), await newPage()];
  const [old, fresh] = [password(), password()];
  const key = await signUp(anna, "anna", old);
  await signIn(second, "anna", old);
  await settings(anna);
  await fillChange(anna, key, fresh);
  await anna.getByRole("checkbox", { name: "sign out everywhere else" }).uncheck();
  await button(anna, "Save new password").click();
  await expect(anna.getByText("Your password is changed.")).toBeVisible();
  await expect(anna.getByText(/signed out\./)).toHaveCount(0);
  await second.reload();
  await expectSignedIn(second);
  await expect(anna.getByRole("button", { name: /^Sign out .+ on .+, signed in/ })).toHaveCount(1);
  await signIn(await newPage(), "anna", fresh);
});

test("the sessions are listed and ended, one by one and all at once", async ({ newPage }) => {
  const [anna, second, third] = [await newPage(), await newPage(), await newPage()];
  const secret = password();
  await signUp(anna, "anna", secret);
  await settings(anna);
  const all = button(anna, "Sign out everywhere else");
  const sessions = anna.getByRole("listitem").filter({ hasText: "signed in on" });
  await expect(sessions).toHaveCount(1);
  await expect(sessions).toContainText("This browser");
  await expect(sessions.getByRole("button")).toHaveCount(0);
  await expect(all).toBeDisabled();
  await expect(anna.getByText("You are signed in nowhere else.")).toBeVisible();

  await signIn(second, "anna", secret);
  await anna.reload();
  await expect(sessions).toHaveCount(2);
  const other = sessions.filter({ hasNotText: "This browser" });
  await expect(other).toContainText(/Chrome on Linux/);
  await other.getByRole("button", { name: /^Sign out Chrome on Linux, signed in on / }).press("Enter");
  await expect(sessions).toHaveCount(1);
  await expect(anna.getByText("Chrome on Linux is signed out.")).toBeVisible();
  await expect(anna.getByRole("heading", { name: "Sessions" })).toBeFocused();
  await expect(second.getByRole("button", { name: "Sign in" })).toBeVisible({ timeout: 5_000 });
  await expect(alert(second)).toHaveText(/session was ended/i);

  for (const page of [second, third]) await signIn(page, "anna", secret);
  await anna.reload();
  await expect(sessions).toHaveCount(3);
  await all.click();
  await expect(anna.getByText("2 other browsers were signed out.")).toBeVisible();
  await expect(sessions).toHaveCount(1);
  await expect(all).toBeDisabled();
  for (const page of [second, third]) await expectSignedOut(page);
  await anna.reload();
  await expect(sessions).toHaveCount(1);
});

test("sessions that cannot be read say so, and are read again on request", async ({ newPage }) => {
  const page = await newPage();
  await signUp(page, "anna", password());
  // Their code is fetched ahead, so that the settings are there without a network.
  await page.waitForFunction(() =>
    performance.getEntriesByType("resource").some((entry) => entry.name.includes("page-split_account")),
  );
  await page.context().setOffline(true);
  await settings(page);
  await expect(alert(page)).toHaveText(/cannot be reached/i);
  await page.context().setOffline(false);
  await button(page, "Try again").click();
  await expect(page.getByRole("listitem").filter({ hasText: "signed in on" })).toContainText("This browser");
  await expect(alert(page)).toHaveCount(0);
});

test("the recovery key's status is told, it is tested, and replaced by one that alone works", async ({ newPage }) => {
  const [anna, other] = [await newPage(), await newPage()];
  const secret = password();
  const key = await signUp(anna, "anna", secret);
  await settings(anna);
  const facts = anna.getByRole("listitem");
  await expect(facts.filter({ hasText: "Made on" })).toHaveCount(0);
  await button(anna, "Show recovery key status").click();
  const today = await anna.evaluate(() => new Date().toLocaleDateString("default", { day: "numeric", month: "long", year: "numeric" }));
  for (const fact of [`Made on ${today}`, `Saved on ${today}`, /^Never tested$/]) {
    await expect(facts.filter({ hasText: fact })).toHaveCount(1);
  }

  await button(anna, "Test recovery key").click();
  await expect(field(anna, "Recovery key")).toBeFocused();
  await field(anna, "Recovery key").fill("quiet otters climb");
  await button(anna, "Test").click();
  await expect(field(anna, "Recovery key")).toHaveAccessibleDescription(/not a whole recovery key/i);
  await field(anna, "Recovery key").fill(await signUp(other, "bruno", password()));
  await button(anna, "Test").click();
  await expect(field(anna, "Recovery key")).toHaveAccessibleDescription(/does not open your account/i);
  await field(anna, "Recovery key").fill(key);
  await button(anna, "Test").click();
  await expect(anna.getByText("This recovery key works.")).toBeVisible();
  await expect(facts.filter({ hasText: `Last tested on ${today}` })).toHaveCount(1);
  await expect(button(anna, "Test recovery key")).toBeFocused();

  await button(anna, "Replace recovery key").click();
  await field(anna, "Current password").fill("not the password at all");
  await button(anna, "Make new recovery key").click();
  await expect(field(anna, "Current password")).toHaveAccessibleDescription(/neither your password nor/i);
  await field(anna, "Current password").fill(secret);
  await button(anna, "Make new recovery key").click();
  await expect(anna.getByRole("heading", { name: "Your recovery key" })).toBeFocused();
  const fresh = await anna.getByTestId("recovery-key").innerText();
  expect(fresh).not.toBe(key);
  // Until it is said to be saved nothing leads away.
  await anna.evaluate(() => history.back());
  await expect(anna.getByTestId("recovery-key")).toHaveText(fresh);
  await anna.getByRole("checkbox", { name: "I have saved my recovery key" }).check();
  await button(anna, "Continue").click();
  await expect(anna.getByRole("heading", { name: "Settings" })).toBeFocused();
  await button(anna, "Show recovery key status").click();
  for (const fact of [`Made on ${today}`, `Saved on ${today}`, /^Never tested$/]) {
    await expect(facts.filter({ hasText: fact })).toHaveCount(1);
  }

  const found = await newPage();
  await found.goto("/recover");
  await fillRecover(found, "anna", key);
  await button(found, "Sign in").click();
  await expect(alert(found)).toHaveText(/recovery key is wrong/i);
  await recover(found, "anna", fresh);
});

test("a renewed key is told of, and what is written goes on in both directions", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await settings(anna);
  await button(anna, "Renew keys").click();
  // As long as it takes to meet two large primes; the focus waits where it is.
  await expect(anna.getByText("Your key is renewed. Nothing else has changed.")).toBeVisible({ timeout: 150_000 });
  await expect(button(anna, "Renew keys")).toBeFocused();
  await expect(alert(anna)).toHaveCount(0);
  await backToChat(anna);
  await openConversation(anna, "bruno");
  const texts = ["Hello, Bruno.", "I have a new key.", "And this is sealed for it."];
  await send(anna, texts[1]!);
  await expectTexts(bruno, texts.slice(0, 2));
  await send(bruno, texts[2]!);
  await expectTexts(anna, texts);
  await anna.reload();
  await openConversation(anna, "bruno");
  await expectTexts(anna, texts);
});

test("on paper the recovery key stands with the account, the address and the date, and without buttons", async ({ newPage, relay }) => {
  const page = await newPage();
  await page.goto("/sign-up");
  const secret = password();
  await field(page, "Username").fill("anna");
  await field(page, "Password").fill(secret);
  await field(page, "Repeat password").fill(secret);
  await button(page, "Create account").click();
  await expect(page.getByRole("heading", { name: "Your recovery key" })).toBeVisible({ timeout: 150_000 });
  const paper = page.getByText(relay.url, { exact: true });
  await expect(paper).toBeHidden();
  const printed = page.evaluate(() => new Promise<void>((resolve) => (window.print = resolve)));
  await button(page, "Print").click();
  await printed;
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await expect(paper).toBeVisible();
  for (const part of [paper, page.getByTestId("recovery-key")]) await expect(part).toHaveCSS("color", "rgb(0, 0, 0)");
  await expect(page.locator("html")).toHaveCSS("background-color", "rgb(255, 255, 255)");
  for (const part of ["anna", "Made on"]) await expect(page.getByText(part, { exact: true })).toBeVisible();
  await expect(page.getByTestId("recovery-key")).toBeVisible();
  await expect(page.getByRole("button")).toHaveCount(0);
  await expect(page.getByRole("checkbox")).toHaveCount(0);
});

test("who is verified is known in one's other browser, and can be taken back there", async ({ newPage }) => {
  const [anna, second, bruno] = [await newPage(), await newPage(), await newPage()];
  const secret = password();
  await signUp(bruno, "bruno", password());
  await signUp(anna, "anna", secret);
  await startConversation(anna, "bruno");
  await send(anna, "Hello, Bruno.");
  await signIn(second, "anna", secret);
  await openConversation(second, "bruno");

  const details = (page: Page) => page.getByRole("dialog", { name: "Safety number" });
  const mark = (page: Page) => page.getByRole("navigation", { name: "Conversations" }).getByText("verified");
  await button(anna, "Conversation details").click();
  await expect(details(anna)).toContainText("Not verified yet.");
  await details(anna).getByRole("button", { name: "Mark as verified" }).click();
  await expect(details(anna)).toContainText(/Verified on .*\d{4}/);
  await expect(details(anna).getByRole("button", { name: "Remove verification" })).toBeFocused();
  await expect(mark(anna)).toHaveCount(1);

  await expect(mark(second)).toHaveCount(1);
  await button(second, "Conversation details").click();
  await expect(details(second)).toContainText(/Verified on .*\d{4}/);
  await details(second).getByRole("button", { name: "Remove verification" }).click();
  await expect(details(second)).toContainText("Not verified yet.");
  await expect(mark(second)).toHaveCount(0);
  await expect(mark(anna)).toHaveCount(0);
});

test("each name is one control's alone, and a narrow screen needs no sideways scrolling", async ({ newPage }) => {
  const [anna, found, stranger] = [await newPage(), await newPage(), await newPage()];
  const look = async (page: Page, where: string) => {
    const seen = await page.evaluate(() => ({
      over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      names: [...document.querySelectorAll<HTMLInputElement>("button, a, input, select")]
        .filter((control) => control.checkVisibility())
        .map((control) => control.getAttribute("aria-label") ?? control.labels?.[0]?.textContent ?? control.textContent),
    }));
    expect(seen.over, where).toBeLessThanOrEqual(0);
    expect(seen.names.length, where).toBeGreaterThan(3);
    expect(seen.names, where).toEqual([...new Set(seen.names)]);
  };
  for (const page of [anna, found, stranger]) await page.setViewportSize({ width: 320, height: 640 });
  const key = await signUp(anna, "anna", password());
  await stranger.goto("/recover");
  await expect(button(stranger, "Sign in")).toBeEnabled();
  await look(stranger, "recover");
  await recover(found, "anna", key);
  await look(found, "choose a new password");

  await settings(anna);
  await expect(anna.getByRole("button", { name: /^Sign out Chrome/ })).toBeVisible();
  await look(anna, "settings");
  await button(anna, "Show recovery key status").click();
  for (const form of ["Change password", "Test recovery key", "Replace recovery key"]) {
    await button(anna, form).click();
    await expect(button(anna, form)).toBeHidden();
    await look(anna, form);
  }
});
