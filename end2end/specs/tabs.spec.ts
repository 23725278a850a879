import { expect, test } from "../fixtures.ts";
import {
  storedRows,
  expectSignedIn, expectSignedOut, expectTexts, fillSignUp, introduce, openConversation, password, recover, send, signOut,
} from "../people.ts";

test("a second and a third tab open without a question and stay in step", async ({ newBrowser, newPage }) => {
  const home = await newBrowser();
  const [first, bruno] = [await home.newPage(), await newPage()];
  await introduce(first, bruno);
  const second = await home.newPage();
  const third = await home.newPage();
  for (const tab of [second, third]) {
    await tab.goto("/chat");
    await expectSignedIn(tab);
    await openConversation(tab, "bruno");
    await expectTexts(tab, ["Hello, Bruno."]);
  }
  await send(second, "from the second");
  await send(bruno, "to all of you");
  const all = ["Hello, Bruno.", "from the second", "to all of you"];
  for (const page of [first, second, third, bruno]) await expectTexts(page, all);
});

test("the tab that was first may close", async ({ newBrowser, newPage }) => {
  const home = await newBrowser();
  const [first, bruno] = [await home.newPage(), await newPage()];
  await introduce(first, bruno);
  const second = await home.newPage();
  await second.goto("/chat");
  await openConversation(second, "bruno");
  await first.close();
  await send(second, "the first is gone");
  await expectTexts(bruno, ["Hello, Bruno.", "the first is gone"]);
  await send(bruno, "and you are here");
  await expectTexts(second, ["Hello, Bruno.", "the first is gone", "and you are here"]);
  const third = await home.newPage();
  await third.goto("/chat");
  await expectSignedIn(third);
});

test("a second tab that is closed in the middle of sending loses nothing", async ({ newBrowser, newPage }) => {
  const home = await newBrowser();
  const [first, bruno] = [await home.newPage(), await newPage()];
  await introduce(first, bruno);
  const second = await home.newPage();
  await second.goto("/chat");
  await openConversation(second, "bruno");
  await send(second, "just before");
  await second.close();
  await expectTexts(bruno, ["Hello, Bruno.", "just before"]);
  await expectTexts(first, ["Hello, Bruno.", "just before"]);
});

test("an account that another tab's worker was making when it closed is made once, with a recovery key that is shown", async ({
  newBrowser, newPage,
}) => {
  const home = await newBrowser();
  const [first, second] = [await home.newPage(), await home.newPage()];
  await first.goto("/sign-in");
  await expect(first.getByRole("button", { name: "Sign in" })).toBeEnabled();
  // The relay has made the account, and its answer never comes.
  let made = (_: number) => {};
  const answered = new Promise<number>((done) => (made = done));
  await home.route("**/api/register/finish", async (route) => made((await route.fetch()).status()), { times: 1 });
  await fillSignUp(second, "anna", password());
  await second.getByRole("button", { name: "Create account" }).click();
  expect(await answered).toBe(200);
  await first.close();
  await expect(second.getByRole("heading", { name: "Your recovery key" })).toBeVisible({ timeout: 150_000 });
  const key = await second.getByTestId("recovery-key").innerText();
  await second.getByRole("checkbox", { name: "I have saved my recovery key" }).check();
  await second.getByRole("button", { name: "Continue" }).click();
  await expectSignedIn(second);
  await recover(await newPage(), "anna", key);
});

test("signing out in one tab signs out in all, and leaves nothing behind", async ({ newBrowser, newPage }) => {
  const home = await newBrowser();
  const [first, bruno] = [await home.newPage(), await newPage()];
  await introduce(first, bruno);
  const second = await home.newPage();
  await second.goto("/chat");
  await expectSignedIn(second);
  expect(await storedRows(second)).toBeGreaterThan(0);
  await signOut(first);
  await expectSignedOut(second);
  await second.reload();
  await expectSignedOut(second);
  const kept = await second.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(kept).not.toContain("Hello");
  expect(await storedRows(second)).toBe(0);
  const cookies = await home.cookies();
  expect(cookies.filter((cookie) => cookie.value.length > 0 && cookie.name.includes("sid"))).toEqual([]);
});
