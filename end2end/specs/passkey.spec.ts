import type { CDPSession, Page } from "@playwright/test";
import { expect, test } from "../fixtures.ts";
import { expectSignedIn, expectTexts, openConversation, password, send, signIn, signOut, signUp, startConversation } from "../people.ts";

/** A device with passkeys, whose owner is there and unlocks it. */
async function device(page: Page): Promise<{ cdp: CDPSession; id: string }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId: id } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      hasPrf: true, isUserVerified: true, automaticPresenceSimulation: true,
    },
  });
  return { cdp, id };
}

async function add(page: Page, secret: string): Promise<void> {
  await page.goto("/settings");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByLabel("Current password").fill(secret);
  await page.getByRole("button", { name: "Continue" }).click();
}

test("a passkey is added, opens the account without the password, and is removed", async ({ newPage }) => {
  test.setTimeout(300_000);
  const [anna, bruno] = [await newPage(), await newPage()];
  const secret = password();
  const { cdp, id } = await device(anna);
  await signUp(bruno, "bruno", password());
  await signUp(anna, "anna", secret);
  await startConversation(anna, "bruno");
  await send(anna, "Hello, Bruno.");

  // A mistyped password costs no second passkey.
  await add(anna, "not the password at all");
  await expect(anna.getByLabel("Current password")).toHaveAccessibleDescription(/neither your password/, { timeout: 60_000 });
  await anna.getByLabel("Current password").fill(secret);
  await anna.getByRole("button", { name: "Continue" }).click();
  await expect(anna.getByText("opens your account from now on")).toBeVisible({ timeout: 60_000 });
  await expect(anna.getByRole("button", { name: /^Remove Added on/ })).toHaveCount(1);
  expect((await cdp.send("WebAuthn.getCredentials", { authenticatorId: id })).credentials).toHaveLength(1);

  await anna.goto("/chat");
  await signOut(anna);
  await anna.goto("/sign-in");
  // Nothing is typed: the passkey says whose it is.
  await anna.getByRole("textbox", { name: "Username" }).fill("");
  await anna.getByRole("button", { name: "Use a passkey" }).click();
  await expectSignedIn(anna);
  await openConversation(anna, "bruno");
  await expectTexts(anna, ["Hello, Bruno."]);

  await anna.goto("/settings");
  await anna.getByRole("button", { name: /^Remove Added on/ }).click();
  await anna.getByLabel("Current password").fill(secret);
  await anna.getByRole("button", { name: "Remove this passkey" }).click();
  await expect(anna.getByText("Removed.")).toBeVisible({ timeout: 60_000 });
  await expect(anna.getByRole("button", { name: /^Remove Added on/ })).toHaveCount(0);
  await anna.goto("/chat");
  await signOut(anna);
  await anna.goto("/sign-in");
  await anna.getByRole("button", { name: "Use a passkey" }).click();
  await expect(anna.getByRole("alert")).toHaveText(/opens no account here/, { timeout: 60_000 });
  await signIn(anna, "anna", secret);
});

test("without a passkey, or without what it must compute, that is said", async ({ newPage }) => {
  const page = await newPage();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      hasPrf: false, isUserVerified: true, automaticPresenceSimulation: true,
    },
  });
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(page.getByRole("alert")).toHaveText(/No passkey was used/, { timeout: 60_000 });
  const secret = password();
  await signUp(page, "anna", secret);
  await add(page, secret);
  await expect(page.getByRole("alert")).toHaveText(/cannot compute/, { timeout: 60_000 });
  await expect(page.getByRole("button", { name: /^Remove Added on/ })).toHaveCount(0);
});
