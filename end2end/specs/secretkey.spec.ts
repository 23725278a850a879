import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures.ts";
import {
  expectSignedIn, expectSignedOut, expectTexts, fillSignIn, openConversation, password, recover, send, signIn, signOut, signUp,
  startConversation,
} from "../people.ts";

const DONE = { timeout: 60_000 };
const ASKED = "This account also needs its secret key";

/** Nothing is wider than the window. */
async function fits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
}

/** Makes one in the settings, saves it as a person does, and says so. What the file holds. */
async function make(page: Page, opener: string, path: string): Promise<string> {
  await page.getByRole("button", { name: opener }).click();
  const key = page.getByTestId("secret-key");
  await expect(key).toHaveText(/^SK(-[0-9A-Z]{4}){8}$/, DONE);
  const saved = page.waitForEvent("download", DONE);
  await page.getByRole("button", { name: "Download" }).click();
  const download = await saved;
  expect(download.suggestedFilename()).toBe("signet-secret-key-anna.txt");
  await download.saveAs(path);
  await expect(page.getByRole("button", { name: opener }).last()).toBeDisabled();
  await page.getByRole("checkbox", { name: "I have saved my secret key" }).check();
  const text = readFileSync(path, "utf8");
  const found = /^SK(-[0-9A-Z]{4}){8}$/m.exec(text)?.[0] ?? "";
  expect(found).toBe(await key.innerText());
  expect(text).toContain("Account: anna");
  return found;
}

async function step(page: Page, name: string, secret: string): Promise<void> {
  await fillSignIn(page, name, secret);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: ASKED })).toBeVisible(DONE);
}

test("a secret key is turned on, asked for in a new browser, kept in this one, and turned off", async ({ newPage }, info) => {
  test.setTimeout(600_000);
  const [anna, bruno, found] = [await newPage(), await newPage(), await newPage()];
  const secret = password();
  await signUp(bruno, "bruno", password());
  const recovery = await signUp(anna, "anna", secret);
  await startConversation(anna, "bruno");
  await send(anna, "Hello, Bruno.");

  // Not with a mistyped password, and not with the recovery key in its place.
  await anna.goto("/settings");
  await expect(anna.getByText("your password opens your account alone")).toBeVisible(DONE);
  const key = await make(anna, "Turn on secret key", info.outputPath("key.txt"));
  const current = anna.getByLabel("Current password");
  for (const [typed, says] of [["not the password at all", /not your password/], [recovery, /your recovery key/]] as const) {
    await current.fill(typed);
    await anna.getByRole("button", { name: "Turn on secret key" }).last().click();
    await expect(current).toHaveAccessibleDescription(says, DONE);
    await expect(current).toBeFocused();
  }
  await expect(anna.getByTestId("secret-key")).toHaveText(key);
  await current.fill(secret);
  await anna.getByRole("button", { name: "Turn on secret key" }).last().click();
  await expect(anna.getByText("a new browser asks for your password and your secret key from now on")).toBeVisible(DONE);
  await anna.reload();
  await expect(anna.getByText("In use: a new browser asks")).toBeVisible(DONE);

  // A browser that has never had it.
  await step(found, "anna", secret);
  await expect(found.getByRole("heading", { name: ASKED })).toBeFocused();
  const field = found.getByRole("textbox", { name: "Secret key" });
  const go = found.getByRole("button", { name: "Continue" });
  const wrong = `${key.slice(0, -1)}${key.endsWith("0") ? "1" : "0"}`;
  const tries: string[] = [];
  found.on("request", (request) => {
    if (new URL(request.url()).pathname.startsWith("/api/")) tries.push(request.url());
  });
  for (const [typed, says] of [
    ["", /Type your secret key/], [recovery, /not a secret key/], [wrong, /A character is wrong/],
    ["SK-0000-0000-0000-0000-0000-0000-0000-0000", /A character is wrong/],
  ] as const) {
    await field.fill(typed);
    await go.click();
    await expect(field).toHaveAccessibleDescription(says);
    await expect(field).toBeFocused();
  }
  expect(tries, "nothing is asked of the server").toEqual([]);
  // A reload begins again, and nothing is lost by it.
  await found.reload();
  await expectSignedOut(found);
  await step(found, "anna", secret);
  await found.getByRole("button", { name: "Cancel" }).click();
  await expectSignedOut(found);
  await step(found, "anna", secret);
  await field.fill(key.toLowerCase().replaceAll("-", " "));
  await field.press("Enter");
  await expectSignedIn(found);
  await openConversation(found, "bruno");
  await expectTexts(found, ["Hello, Bruno."]);
  await found.reload();
  await openConversation(found, "bruno");
  await expectTexts(found, ["Hello, Bruno."]);
  // It shows it too.
  await found.goto("/settings");
  await found.getByRole("button", { name: "Show secret key" }).click();
  await expect(found.getByTestId("secret-key")).toHaveText(key, DONE);

  // Locked, this browser asks for the password alone; signed out, for both, unless it was to stay.
  await anna.getByRole("button", { name: "Lock now" }).click();
  await expect(anna.getByRole("heading", { name: "Locked" })).toBeVisible(DONE);
  await anna.getByRole("textbox", { name: "Password", exact: true }).fill(secret);
  await anna.getByRole("button", { name: "Sign in" }).click();
  await expect(anna.getByRole("button", { name: "Show secret key" }).or(anna.getByRole("button", { name: "New conversation" }))).toBeVisible(DONE);
  await anna.goto("/settings");
  await expect(anna.getByText("Your password and your secret key bring it all back")).toBeVisible(DONE);
  await anna.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await expectSignedOut(anna);
  await step(anna, "anna", secret);
  await anna.getByRole("textbox", { name: "Secret key" }).fill(key);
  await anna.getByRole("checkbox", { name: "Keep the secret key here when I sign out" }).check();
  await anna.getByRole("button", { name: "Continue" }).click();
  await expectSignedIn(anna);
  await signOut(anna);
  await signIn(anna, "anna", secret);

  // Replaced: the old one is a secret key, and not this account's.
  await anna.goto("/settings");
  const newer = await make(anna, "Replace secret key", info.outputPath("newer.txt"));
  await anna.getByLabel("Current password").fill(secret);
  await anna.getByRole("button", { name: "Replace secret key" }).last().click();
  await expect(anna.getByText("a new browser asks for your password and your secret key from now on")).toBeVisible(DONE);
  await found.goto("/chat");
  await signOut(found);
  await step(found, "anna", secret);
  await field.fill(key);
  await go.click();
  await expect(field).toHaveAccessibleDescription(/not the one of this account/);
  await field.fill(newer);
  await go.click();
  await expectSignedIn(found);

  // The recovery key opens without it, and the new password needs it.
  await signOut(found);
  await recover(found, "anna", recovery);
  const second = password();
  await found.getByRole("textbox", { name: "New password", exact: true }).fill(second);
  await found.getByRole("textbox", { name: "Repeat new password", exact: true }).fill(second);
  await found.getByRole("checkbox", { name: "Also sign out everywhere else" }).uncheck();
  await found.getByRole("button", { name: "Set password" }).click();
  await expectSignedIn(found);
  await signOut(found);
  await step(found, "anna", second);
  await field.fill(newer);
  await go.click();
  await expectSignedIn(found);

  await anna.getByRole("button", { name: "Turn off secret key" }).click();
  await anna.getByLabel("Current password").fill(second);
  await anna.getByRole("button", { name: "Turn off secret key" }).last().click();
  await expect(anna.getByText("Done: your password opens your account alone.")).toBeVisible(DONE);
  await signOut(found);
  await signIn(found, "anna", second);
});

test("by keyboard alone, and on a screen of 320 pixels", async ({ newPage }) => {
  test.setTimeout(300_000);
  const [anna, found] = [await newPage(), await newPage()];
  const secret = password();
  await signUp(anna, "anna", secret);
  for (const page of [anna, found]) await page.setViewportSize({ width: 320, height: 640 });
  await anna.goto("/settings");
  await anna.getByRole("button", { name: "Turn on secret key" }).press("Enter");
  await expect(anna.getByRole("heading", { name: "Your new secret key" })).toBeFocused(DONE);
  const key = await anna.getByTestId("secret-key").innerText();
  await fits(anna);
  // Copy, Download, Print, then the box.
  for (let n = 0; n < 4; n += 1) await anna.keyboard.press("Tab");
  await expect(anna.getByRole("checkbox", { name: "I have saved my secret key" })).toBeFocused();
  await anna.keyboard.press("Space");
  await anna.keyboard.press("Tab");
  await anna.keyboard.type(secret);
  await anna.keyboard.press("Enter");
  await expect(anna.getByText("a new browser asks for your password and your secret key from now on")).toBeVisible(DONE);
  await expect(anna.getByText("A second secret beside your password.")).toBeFocused();
  await anna.getByRole("button", { name: "Show secret key" }).press("Enter");
  await expect(anna.getByTestId("secret-key")).toHaveText(key, DONE);
  await fits(anna);

  await step(found, "anna", secret);
  await fits(found);
  await found.keyboard.press("Tab");
  await found.keyboard.type(key);
  await found.keyboard.press("Tab");
  await expect(found.getByRole("checkbox", { name: "Keep the secret key here when I sign out" })).toBeFocused();
  await found.keyboard.press("Tab");
  await found.keyboard.press("Enter");
  await expectSignedIn(found);

  // Someone got in: a new one of both kinds, and the old ones open nothing.
  await anna.getByRole("button", { name: "I think someone got in" }).click();
  await anna.getByLabel("Current password").fill(secret);
  const second = password();
  await anna.getByRole("textbox", { name: "New password", exact: true }).fill(second);
  await anna.getByRole("textbox", { name: "Repeat new password", exact: true }).fill(second);
  await anna.getByRole("button", { name: "Go on to the new recovery key" }).click();
  await expect(anna.getByTestId("recovery-key")).toBeVisible(DONE);
  await fits(anna);
  const newer = await anna.locator(".form.recovery").filter({ hasText: "Your new recovery key" }).getByTestId("secret-key").innerText();
  expect(newer).not.toBe(key);
  await anna.getByRole("checkbox", { name: "I have saved both keys" }).check();
  await anna.getByRole("button", { name: "Replace everything now" }).click();
  await expect(anna.getByText(/only your new password and your new recovery key/)).toBeVisible({ timeout: 150_000 });
  await expectSignedOut(found);
  await step(found, "anna", second);
  const field = found.getByRole("textbox", { name: "Secret key" });
  await field.fill(key);
  await field.press("Enter");
  await expect(field).toHaveAccessibleDescription(/not the one of this account/);
  await field.fill(newer);
  await field.press("Enter");
  await expectSignedIn(found);
});
