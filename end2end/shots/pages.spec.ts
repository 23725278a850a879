import { join } from "node:path";
import { expect, test } from "../fixtures.ts";
import { expectSignedIn, expectStates, expectTexts, openConversation, password, recover, send, signUp, startConversation } from "../people.ts";
import { FOLDER, shoot } from "./shoot.ts";

const TALK: [who: "anna" | "bruno", text: string][] = [
  ["anna", "Did the parcel arrive?"],
  ["bruno", "This morning. Thank you! 🎉"],
  ["anna", "The second key is in the envelope at the bottom, under the maps. Keep it somewhere dry."],
  ["bruno", "Found it."],
  ["bruno", "שלום, 你好, and good night 🌙"],
  ["anna", "Good night."],
];

test("pages that anyone sees", async ({ newPage }) => {
  const page = await newPage();
  await page.goto("/");
  await expect(page.getByRole("link", { name: "Create account" }).first()).toBeVisible();
  await shoot(page, "home");
  await page.goto("/privacy");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await shoot(page, "privacy");
  await page.goto("/sign-up");
  await expect(page.getByRole("button", { name: "Create account" })).toBeEnabled();
  await shoot(page, "sign-up");
  await page.getByRole("textbox", { name: "Username" }).fill("1a");
  await page.getByRole("textbox", { name: "Password", exact: true }).fill("short");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("alert").first()).toBeVisible();
  await shoot(page, "sign-up-mistakes");
  await page.goto("/sign-in");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
  await shoot(page, "sign-in");
  await page.goto("/recover");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
  await shoot(page, "recover");
});

test("pages of an account", async ({ newPage }) => {
  const pages = { anna: await newPage(), bruno: await newPage() };
  const recovered = await newPage();
  await signUp(pages.bruno, "bruno", password());

  const secret = password();
  await pages.anna.goto("/sign-up");
  await pages.anna.getByRole("textbox", { name: "Username" }).fill("anna");
  await pages.anna.getByRole("textbox", { name: "Password", exact: true }).fill(secret);
  await pages.anna.getByRole("textbox", { name: "Repeat password" }).fill(secret);
  await pages.anna.getByRole("button", { name: "Create account" }).click();
  await expect(pages.anna.getByRole("heading", { name: "Your recovery key" })).toBeVisible({ timeout: 150_000 });
  await shoot(pages.anna, "recovery-key");
  const key = await pages.anna.getByTestId("recovery-key").innerText();
  await pages.anna.emulateMedia({ media: "print" });
  await pages.anna.screenshot({ path: join(FOLDER, "recovery-key-on-paper.png") });
  await pages.anna.emulateMedia({ media: "screen" });
  await pages.anna.getByRole("checkbox", { name: "I have saved my recovery key" }).check();
  await pages.anna.getByRole("button", { name: "Continue" }).click();
  await expectSignedIn(pages.anna);
  await shoot(pages.anna, "chat-empty");

  await startConversation(pages.anna, "bruno");
  const said: string[] = [];
  for (const [who, text] of TALK) {
    await send(pages[who], text);
    said.push(text);
    if (said.length === 1) await openConversation(pages.bruno, "anna");
    for (const page of Object.values(pages)) await expectTexts(page, said);
  }
  await expectStates(pages.anna, ["delivered", "read"]);
  await shoot(pages.anna, "chat");
  await pages.anna.getByRole("button", { name: "Conversation details" }).click();
  await expect(pages.anna.getByTestId("safety-number")).toBeVisible();
  await pages.anna.getByRole("button", { name: "Mark as verified" }).click();
  await expect(pages.anna.getByRole("button", { name: "Remove verification" })).toBeVisible();
  await shoot(pages.anna, "details");
  await pages.anna.goto("/chat");
  await expectSignedIn(pages.anna);
  await shoot(pages.anna, "chat-list");
  await pages.anna.getByRole("button", { name: "New conversation" }).click();
  await expect(pages.anna.getByRole("dialog", { name: "New conversation" })).toBeVisible();
  await shoot(pages.anna, "new-conversation");
  await pages.anna.goto("/settings");
  await expect(pages.anna.getByText("Signed in as")).toBeVisible();
  await recover(recovered, "anna", key);
  await shoot(recovered, "choose-password");
  await pages.anna.reload();
  await expect(pages.anna.getByRole("button", { name: /^Sign out .+ on .+/ })).toBeVisible();
  await shoot(pages.anna, "settings", true);
  await pages.anna.getByRole("button", { name: "Change password" }).click();
  await pages.anna.getByRole("button", { name: "Save new password" }).click();
  await expect(pages.anna.getByRole("alert").first()).toBeVisible();
  await shoot(pages.anna, "change-password", true);
  await pages.anna.getByRole("button", { name: "Cancel" }).click();
  await pages.anna.getByRole("button", { name: "Show recovery key status" }).click();
  await pages.anna.getByRole("button", { name: "Replace recovery key" }).click();
  await shoot(pages.anna, "recovery-status", true);
});
