import { expect, test } from "../fixtures.ts";
import {
  articles, expectSignedOut, expectTexts, fillSignIn, introduce, openConversation, send, storedRows,
} from "../people.ts";

test("a deleted account leaves nothing here, its people see that it is gone, and nobody gets its name", async ({
  newBrowser, newPage,
}) => {
  const home = await newBrowser();
  const [anna, bruno] = [await home.newPage(), await newPage()];
  const { annaSecret } = await introduce(anna, bruno);
  const second = await home.newPage();
  await second.goto("/chat");
  await openConversation(second, "bruno");

  await anna.goto("/settings");
  await anna.getByRole("button", { name: "Delete account" }).click();
  const current = anna.getByRole("textbox", { name: "Current password" });
  await current.fill("not the password");
  await anna.getByRole("button", { name: "Delete for ever" }).click();
  await expect(current).toHaveAccessibleDescription(/neither your password/i, { timeout: 60_000 });
  await current.fill(annaSecret);
  await anna.getByRole("button", { name: "Delete for ever" }).click();
  for (const page of [anna, second]) {
    await expectSignedOut(page);
    await expect(page.getByRole("alert")).toHaveText(/your account is deleted/i);
  }
  expect(await storedRows(anna)).toBe(0);
  expect(await anna.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
  expect((await home.cookies()).filter((cookie) => cookie.name.includes("sid") && cookie.value.length > 0)).toEqual([]);

  await fillSignIn(anna, "anna", annaSecret);
  await anna.getByRole("button", { name: "Sign in" }).click();
  await expect(anna.getByRole("alert")).toHaveText(/wrong/i, { timeout: 60_000 });

  await expectTexts(bruno, ["Hello, Bruno."]);
  await send(bruno, "Are you there?");
  await expect(articles(bruno).last()).toContainText(/no longer exists/i, { timeout: 60_000 });
  const stranger = await newPage();
  await stranger.goto("/sign-up");
  await stranger.getByRole("textbox", { name: "Username", exact: true }).fill("Anna");
  await stranger.getByRole("textbox", { name: "Password", exact: true }).fill(annaSecret);
  await stranger.getByRole("textbox", { name: "Repeat password", exact: true }).fill(annaSecret);
  await stranger.getByRole("button", { name: "Create account" }).click();
  await expect(stranger.getByRole("alert")).toHaveText(/taken/i, { timeout: 150_000 });
});
