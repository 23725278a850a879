import { expect, test } from "../fixtures.ts";
import {
  expectSignedIn, expectSignedOut, expectTexts, fillRecover, fillSignIn, openConversation, password, recover, send,
  signIn, signUp, startConversation,
} from "../people.ts";

test("someone got in: everything old is dead, everything written is read, and the contact gets a quiet note", async ({ newPage }) => {
  test.setTimeout(600_000);
  const [anna, ben, elsewhere] = [await newPage(), await newPage(), await newPage()];
  const [old, fresh] = [password(), password()];
  const oldKey = await signUp(anna, "anna", old);
  await signUp(ben, "ben", password());
  await startConversation(anna, "ben");
  await send(anna, "before, from Anna");
  await openConversation(ben, "anna");
  await expectTexts(ben, ["before, from Anna"]);
  await send(ben, "before, from Ben");
  await expectTexts(anna, ["before, from Anna", "before, from Ben"]);
  await ben.getByRole("button", { name: "Conversation details" }).click();
  await ben.getByRole("button", { name: "Mark as verified" }).click();
  await ben.keyboard.press("Escape");
  // Whoever got in is signed in too.
  await signIn(elsewhere, "anna", old);

  await anna.goto("/settings");
  await anna.getByRole("button", { name: "I think someone got in" }).click();
  await expect(anna.getByText("all in one step")).toBeVisible();
  await anna.getByLabel("Current password").fill("not the password at all");
  await anna.getByLabel("New password", { exact: true }).fill(fresh);
  await anna.getByLabel("Repeat new password").fill(fresh);
  await anna.getByRole("button", { name: "Go on to the new recovery key" }).click();
  await expect(anna.getByLabel("Current password")).toHaveAccessibleDescription(/neither your password/, { timeout: 60_000 });
  await anna.getByLabel("Current password").fill(old);
  await anna.getByRole("button", { name: "Go on to the new recovery key" }).click();
  const shown = anna.getByTestId("recovery-key");
  await expect(shown).toBeVisible({ timeout: 60_000 });
  const newKey = await shown.innerText();
  expect(newKey).not.toBe(oldKey);
  const go = anna.getByRole("button", { name: "Replace everything now" });
  await expect(go).toBeDisabled();
  await anna.getByRole("checkbox", { name: "I have saved my recovery key" }).check();
  await go.click();
  await expect(anna.getByRole("progressbar", { name: "Replacing everything" })).toBeVisible();
  await expect(anna.getByText("only your new password and your new recovery key")).toBeVisible({ timeout: 300_000 });
  await expect(anna.getByText("1 other browser was signed out")).toBeVisible();
  await expect(anna.getByText("Export a new key backup")).toBeVisible();
  await expectSignedOut(elsewhere);

  // Old secrets open nothing, new ones everything.
  const visitor = await newPage();
  await fillSignIn(visitor, "anna", old);
  await visitor.getByRole("button", { name: "Sign in" }).click();
  await expect(visitor.getByRole("alert")).toHaveText(/wrong/i, { timeout: 60_000 });
  await visitor.getByRole("link", { name: "Use recovery key" }).click();
  await fillRecover(visitor, "anna", oldKey);
  await visitor.getByRole("button", { name: "Sign in" }).click();
  await expect(visitor.getByRole("alert")).toHaveText(/wrong/i, { timeout: 60_000 });
  await signIn(visitor, "anna", fresh);
  await openConversation(visitor, "ben");
  await expectTexts(visitor, ["before, from Anna", "before, from Ben"]);

  // A reload of the browser that did it asks for nothing, and talk goes on.
  await anna.goto("/chat");
  await expectSignedIn(anna);
  await openConversation(anna, "ben");
  await send(anna, "after, from Anna");
  const all = ["before, from Anna", "before, from Ben", "after, from Anna"];
  await expectTexts(ben, all);
  await expect(ben.getByText("has a new identity key; the old one signed for it")).toBeVisible();
  await ben.getByRole("button", { name: "Conversation details" }).click();
  await expect(ben.getByText("before their keys were renewed")).toBeVisible();
  await ben.keyboard.press("Escape");
  await send(ben, "after, from Ben");
  await expectTexts(anna, [...all, "after, from Ben"]);
  await expectTexts(visitor, [...all, "after, from Ben"]);
  const keyed = await newPage();
  await recover(keyed, "anna", newKey);
});
