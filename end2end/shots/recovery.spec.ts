import { expect, test } from "../fixtures.ts";
import {
  expectSignedIn, expectTexts, fillSignIn, introduce, openConversation, password, send, startConversation,
} from "../people.ts";
import { shoot } from "./shoot.ts";

const BACKUP_PASSWORD = "a drawer full of odd socks";

test("backups, and what the settings ask for", async ({ newPage }, info) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  const { annaSecret } = await introduce(anna, bruno);
  await send(bruno, "Keep a copy of this.");
  await expectTexts(anna, ["Hello, Bruno.", "Keep a copy of this."]);
  await anna.context().setOffline(true);
  await send(anna, "On its way.");
  await shoot(anna, "chat-offline");
  await anna.context().setOffline(false);
  await expectTexts(bruno, ["Hello, Bruno.", "Keep a copy of this.", "On its way."]);

  const cdp = await anna.context().newCDPSession(anna);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true,
      hasPrf: true, isUserVerified: true, automaticPresenceSimulation: true,
    },
  });
  await anna.goto("/settings");
  await anna.getByRole("button", { name: "Add a passkey" }).click();
  await shoot(anna, "add-passkey", true);
  await anna.getByLabel("Current password").fill(annaSecret);
  await anna.getByRole("button", { name: "Continue" }).click();
  await expect(anna.getByText("opens your account from now on")).toBeVisible({ timeout: 60_000 });

  await anna.getByRole("button", { name: "Export key backup" }).click();
  await anna.getByRole("button", { name: "Make backup" }).click();
  await expect(anna.getByRole("alert").first()).toBeVisible();
  await shoot(anna, "export-backup", true);
  await anna.getByRole("textbox", { name: "Backup password", exact: true }).fill(BACKUP_PASSWORD);
  await anna.getByRole("textbox", { name: "Repeat backup password" }).fill(BACKUP_PASSWORD);
  const saved = anna.waitForEvent("download", { timeout: 60_000 });
  await anna.getByRole("button", { name: "Make backup" }).click();
  const path = info.outputPath("anna.signet");
  await (await saved).saveAs(path);
  await expect(anna.getByText(/your backup is made/i)).toBeVisible();
  await shoot(anna, "backup-made", true);
  await anna.getByRole("button", { name: "I think someone got in" }).click();
  await shoot(anna, "someone-got-in", true);
  await anna.getByRole("button", { name: "Cancel" }).click();
  await anna.getByRole("button", { name: "Delete account" }).click();
  await shoot(anna, "delete-account", true);

  const reader = await newPage();
  await reader.goto("/open-backup");
  await expect(reader.getByLabel("Backup file")).toBeEnabled();
  await shoot(reader, "open-backup");
  await reader.getByLabel("Backup file").setInputFiles(path);
  await reader.getByRole("textbox", { name: "Backup password", exact: true }).fill(BACKUP_PASSWORD);
  await reader.getByRole("button", { name: "Open", exact: true }).click();
  await expect(reader.getByRole("heading", { name: "Backup of anna" })).toBeVisible({ timeout: 60_000 });
  await shoot(reader, "backup-opened");
});

test.describe(() => {
  test.use({ limits: { SIGNET_LIMITS_ANEW_WAIT_SECONDS: "15" } });

  test("a lock, and a start anew", async ({ relay, newPage }) => {
    const [anna, bruno] = [await newPage(), await newPage()];
    const { annaSecret } = await introduce(anna, bruno);
    await anna.getByRole("button", { name: "Lock", exact: true }).click();
    await expect(anna.getByRole("heading", { name: "Locked" })).toBeVisible({ timeout: 60_000 });
    await shoot(anna, "locked");
    await fillSignIn(anna, "anna", annaSecret);
    await anna.getByRole("button", { name: "Sign in" }).click();
    await expectSignedIn(anna);

    const lost = await newPage();
    await lost.goto("/recover");
    await lost.getByRole("button", { name: "I have neither" }).click();
    await shoot(lost, "start-anew");
    await lost.getByRole("textbox", { name: "Username", exact: true }).fill("anna");
    await lost.getByRole("textbox", { name: "One-time code" }).fill(relay.admin("reset-account", "anna"));
    await lost.getByRole("button", { name: "Ask to start anew" }).click();
    await expect(lost.getByText("You asked to start anna anew")).toBeVisible();
    await shoot(lost, "start-anew-waits");
    await expect(anna.getByRole("alert").filter({ hasText: "Someone asked to start this account anew" })).toBeVisible();
    await shoot(anna, "start-anew-asked");

    const secret = password();
    await lost.getByRole("textbox", { name: "Password", exact: true }).fill(secret, { timeout: 60_000 });
    await lost.getByRole("textbox", { name: "Repeat password" }).fill(secret);
    await lost.getByRole("button", { name: "Start anew" }).click();
    await lost.getByRole("checkbox", { name: "I have saved my recovery key" }).check({ timeout: 150_000 });
    await lost.getByRole("button", { name: "Continue" }).click();
    await expectSignedIn(lost);
    await startConversation(lost, "bruno");
    await shoot(lost, "begun-anew");
    await send(lost, "It is me.");
    await openConversation(bruno, "anna");
    await expect(bruno.getByRole("alert").filter({ hasText: "This may be somebody else" })).toBeVisible({ timeout: 60_000 });
    await shoot(bruno, "identity-changed");
  });
});
