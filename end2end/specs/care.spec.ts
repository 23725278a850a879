import { expect, test } from "../fixtures.ts";
import {
  articles, askFor, expectSignedIn, expectSignedOut, expectTexts, fillSignIn, introduce, messageBox, openConversation, password, send,
  signOut, signUp,
} from "../people.ts";

test("the recovery key stays until it is said to be saved, whatever is pressed", async ({ newPage }) => {
  const page = await newPage();
  await page.goto("/sign-in");
  // The living page: a link of the fixed one would load another document, and going back from that asks first.
  await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
  await page.getByRole("link", { name: "Create account" }).click();
  const secret = password();
  await page.getByRole("textbox", { name: "Username", exact: true }).fill("anna");
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(secret);
  await page.getByRole("textbox", { name: "Repeat password", exact: true }).fill(secret);
  await page.getByRole("button", { name: "Create account" }).click();
  const heading = page.getByRole("heading", { name: "Your recovery key" });
  await expect(heading).toBeVisible({ timeout: 150_000 });
  await expect(heading).toBeFocused();
  await expect(page.getByRole("link")).toHaveCount(0);
  const key = await page.getByTestId("recovery-key").innerText();

  await page.evaluate(() => history.back());
  await expect(page).toHaveURL(/sign-up$/);
  await expect(page.getByTestId("recovery-key")).toHaveText(key);

  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => asked).toEqual(["beforeunload"]);
  await expect(page.getByTestId("recovery-key")).toHaveText(key);

  await page.getByRole("checkbox", { name: "I have saved my recovery key" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await expectSignedIn(page);
  await page.reload();
  await expectSignedIn(page);
  expect(asked).toHaveLength(1);
});

test("a reload in the middle of typing loses no more than the last moment", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await messageBox(anna).pressSequentially("a long thought, written without a pause", { delay: 60 });
  await anna.reload();
  await expect(messageBox(anna)).toHaveValue(/^a long thought, written with/);
});

test("signing out asks before it takes what is in this browser alone", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await anna.context().setOffline(true);
  await send(anna, "Written under way.");
  await messageBox(anna).fill("and a dr");
  await messageBox(anna).blur();
  const dialog = anna.getByRole("dialog", { name: "Sign out" });
  await anna.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(dialog).toContainText("1 message is not sent yet. 1 draft is not sent.");
  await dialog.getByRole("button", { name: "Stay signed in" }).click();
  await expect(dialog).toBeHidden();
  await anna.context().setOffline(false);
  await expectTexts(bruno, ["Hello, Bruno.", "Written under way."]);
  await anna.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(dialog).toContainText(/^Sign out1 draft is not sent. They/);
  await dialog.getByRole("button", { name: "Sign out and lose them" }).click();
  await expectSignedOut(anna);
});

test("what an account left here is not lost unasked when another signs in", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  const { annaSecret, brunoSecret } = await introduce(anna, bruno);
  await anna.context().setOffline(true);
  await send(anna, "Written under way.");
  await anna.getByRole("button", { name: "Lock", exact: true }).click();
  await expect(anna.getByRole("heading", { name: "Locked" })).toBeVisible({ timeout: 60_000 });
  await anna.context().setOffline(false);
  await fillSignIn(anna, "bruno", brunoSecret);
  await anna.getByRole("button", { name: "Sign in" }).click();
  await expect(anna.getByRole("alert")).toHaveText(/Messages or drafts of anna may be in this browser alone/);
  await fillSignIn(anna, "anna", annaSecret);
  await anna.getByRole("button", { name: "Sign in" }).click();
  await expectSignedIn(anna);
  await expectTexts(bruno, ["Hello, Bruno.", "Written under way."]);

  await openConversation(anna, "bruno");
  await messageBox(anna).fill("a draft");
  await messageBox(anna).blur();
  await anna.getByRole("button", { name: "Lock", exact: true }).click();
  await expect(anna.getByRole("heading", { name: "Locked" })).toBeVisible({ timeout: 60_000 });
  await fillSignIn(anna, "bruno", brunoSecret);
  await anna.getByRole("button", { name: "Sign in" }).click();
  await anna.getByRole("button", { name: "Lose them and go on" }).click();
  await expectSignedIn(anna);
  await openConversation(anna, "anna");
  await expectTexts(anna, ["Hello, Bruno.", "Written under way."]);
});

test("a sign-out without a network ends the session as soon as there is one", async ({ newPage }) => {
  const page = await newPage();
  await signUp(page, "anna", password());
  const before = await page.context().cookies();
  expect(before).toHaveLength(1);
  await page.context().setOffline(true);
  await signOut(page);
  const ended = page.waitForResponse((response) => response.url().endsWith("/api/sign-out"));
  await page.context().setOffline(false);
  expect((await ended).status()).toBe(200);
  await expect.poll(() => page.context().cookies()).toHaveLength(0);
});

test("the focus is never lost on the way", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  const secret = password();
  await signUp(bruno, "bruno", password());
  await signUp(anna, "anna", secret);
  await signOut(anna);
  await expect(anna.getByRole("heading", { name: "Sign in" })).toBeFocused();

  await anna.getByRole("link", { name: "Create account" }).press("Enter");
  await expect(anna.getByRole("heading", { name: "Create account" })).toBeFocused();

  // What was in the focus when a form was sent keeps it while the answer is awaited, and gets it back with an error.
  await fillSignIn(anna, "anna", "a wrong password, clearly");
  const field = anna.getByRole("textbox", { name: "Password", exact: true });
  await field.press("Enter");
  await expect(anna.getByRole("progressbar", { name: "Opening your account" })).toBeVisible();
  await expect(field).toBeFocused();
  await expect(anna.getByRole("alert")).toBeVisible();
  await expect(field).toBeFocused();
  await field.fill(secret);
  await field.press("Enter");
  await expectSignedIn(anna);
  await expect(anna.getByRole("heading", { name: "Conversations", exact: true })).toBeFocused();

  const dialog = await askFor(anna, "nobody_here");
  await expect(dialog.getByRole("alert")).toBeVisible();
  const name = dialog.getByRole("textbox", { name: "Username" });
  await expect(name).toBeFocused();
  await name.fill("bruno");
  await name.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(messageBox(anna)).toBeFocused();

  await anna.getByRole("link", { name: "Settings" }).press("Enter");
  await expect(anna.getByRole("heading", { name: "Settings" })).toBeFocused();
  await anna.getByRole("link", { name: "Back to conversations" }).press("Enter");
  await openConversation(anna, "bruno");
  await expect(messageBox(anna)).toBeFocused();
});

test("who wrote a message is told to those who hear the page, and its way is not", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await send(bruno, "Good to see you, Anna.");
  for (const [page, authors] of [[anna, ["You", "bruno"]], [bruno, ["anna", "You"]]] as const) {
    await expect(articles(page)).toHaveCount(2);
    for (const [index, author] of authors.entries()) {
      await expect(articles(page).nth(index)).toHaveText(new RegExp(`^${author}`));
    }
    await expect(articles(page).locator(".mark")).toHaveAttribute("aria-live", "off");
  }
});
