import { expect, test } from "../fixtures.ts";
import {
  askFor, expectSignedIn, expectSignedOut, fillSignIn, fillSignUp, password, signIn, signOut, signUp,
} from "../people.ts";

const alert = (page: import("@playwright/test").Page) => page.getByRole("alert");

test("the recovery key is shown once, in groups of four, and must be confirmed", async ({ newPage }) => {
  const page = await newPage();
  await fillSignUp(page, "anna", password());
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Your recovery key" })).toBeVisible({ timeout: 150_000 });
  await expect(page.getByTestId("recovery-key")).toHaveText(/^[A-Z0-9]{4}([- ][A-Z0-9]{1,4})+$/i);
  await expect(page.getByRole("button", { name: "Copy" })).toBeVisible();
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  expect((await waiting).suggestedFilename()).toContain("anna");
  await expect(page.getByRole("button", { name: "Continue" })).toBeDisabled();
  await page.getByRole("checkbox", { name: "I have saved my recovery key" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await expectSignedIn(page);
  await expect(page.getByTestId("recovery-key")).toHaveCount(0);
});

test("while keys are made a bar moves, the page answers, and it can be stopped", async ({ newPage }) => {
  const page = await newPage();
  await fillSignUp(page, "anna", password());
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("progressbar", { name: "Creating your keys" })).toBeVisible();
  // Frame after frame, so the page is not frozen, until the bar has stood in three places.
  const places = await page.evaluate(
    () =>
      new Promise<number[]>((resolve) => {
        const seen = new Set<number>();
        const look = () => {
          const bar = document.querySelector("progress");
          if (bar) seen.add(bar.value);
          if (bar && seen.size < 3) requestAnimationFrame(look);
          else resolve([...seen]);
        };
        look();
      }),
  );
  expect(places).toHaveLength(3);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("progressbar")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Create account" })).toBeEnabled();
  // Nothing was taken: the same name can be had afterwards.
  await signUp(page, "anna", password());
});

test("signing out is harmless: the password brings everything back", async ({ newPage }) => {
  const page = await newPage();
  const secret = password();
  await signUp(page, "anna", secret);
  await signOut(page);
  await page.goto("/chat");
  await expectSignedOut(page);
  await signIn(page, "anna", secret);
  await signOut(page);
  // Shown as typed, compared in lower case.
  await signIn(page, "ANNA", secret);
});

test("a wrong password and an unknown name get the same plain answer", async ({ newPage }) => {
  const page = await newPage();
  await signUp(page, "anna", password());
  await signOut(page);
  const answers = [];
  for (const name of ["anna", "nobody_here"]) {
    await fillSignIn(page, name, password());
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(alert(page)).toHaveText(/wrong/i);
    answers.push(await alert(page).innerText());
  }
  expect(answers[0]).toBe(answers[1]);
});

test("a taken username is said beside the field", async ({ newPage }) => {
  const [anna, other] = [await newPage(), await newPage()];
  await signUp(anna, "anna", password());
  await fillSignUp(other, "Anna", password());
  await other.getByRole("button", { name: "Create account" }).click();
  await expect(alert(other)).toHaveText(/taken/i, { timeout: 150_000 });
  const name = other.getByRole("textbox", { name: "Username" });
  await expect(name).toHaveAccessibleDescription(/taken/i);
  const [field, said] = [await name.boundingBox(), await alert(other).boundingBox()];
  expect((said?.y ?? Infinity) - ((field?.y ?? 0) + (field?.height ?? 0))).toBeLessThan(80);
  await expect(other.getByRole("textbox", { name: "Password", exact: true })).toBeVisible();
});

test("names and passwords that break the rules are refused before anything is sent", async ({ newPage }) => {
  const page = await newPage();
  const asked: string[] = [];
  page.on("request", (request) => request.url().includes("/api/register") && asked.push(request.url()));
  const good = password();
  const cases: [string, string, string, RegExp][] = [
    ["ab", good, good, /at least 3/i],
    ["1anna", good, good, /letter/i],
    ["anna-lena", good, good, /letters a-z, digits and underscores/i],
    ["a".repeat(33), good, good, /at most 32/i],
    ["anna", "elevenchars", "elevenchars", /at least 12/i],
    ["anna", "password1234", "password1234", /guess|stranger|try|sequence|keyboard/i],
    ["anna", good, `${good}x`, /differ/i],
  ];
  for (const [name, secret, repeat, complaint] of cases) {
    await fillSignUp(page, name, secret, repeat);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(alert(page)).toHaveText(complaint);
  }
  expect(asked).toEqual([]);
});

test("an unknown username, and one's own, get a plain answer", async ({ newPage }) => {
  const page = await newPage();
  await signUp(page, "anna", password());
  const dialog = await askFor(page, "nobody_here");
  await expect(dialog.getByRole("alert")).toHaveText(/nobody has this username/i);
  await dialog.getByRole("textbox", { name: "Username" }).fill("anna");
  await dialog.getByRole("button", { name: "Start conversation" }).click();
  await expect(dialog.getByRole("alert")).toHaveText(/your own/i);
});
