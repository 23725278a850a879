import type { BrowserContext } from "@playwright/test";
import { expect, profile, test } from "../fixtures.ts";
import { fillSignIn, introduce, openConversation, password, signUp } from "../people.ts";

const PAGES = ["/", "/sign-up", "/sign-in", "/recover", "/open-backup", "/chat", "/settings", "/privacy"];

test("every page is the same bytes for everyone, with a policy that allows no inline script", async ({ newBrowser }) => {
  const [stranger, anna] = [await newBrowser(), await newBrowser()];
  await signUp(await anna.newPage(), "anna", password());
  for (const path of PAGES) {
    const answers = [await stranger.request.get(path), await anna.request.get(path), await anna.request.get(path)];
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(bodies).size, path).toBe(1);
    expect(bodies[0]).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|\{\{/);
    for (const answer of answers) {
      expect(answer.status()).toBe(200);
      const policy = answer.headers()["content-security-policy"] ?? "";
      const scripts = policy.split(";").map((part) => part.trim()).find((part) => part.startsWith("script-src "));
      expect(scripts).toBe("script-src 'self' 'wasm-unsafe-eval'");
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|nonce-|\*/);
      expect(answer.headers()["strict-transport-security"], "loopback is shared with other services").toBeUndefined();
    }
  }
});

test("a page is isolated from every other site", async ({ newPage }) => {
  const page = await newPage();
  for (const path of PAGES) {
    const started = page.waitForEvent("worker");
    await page.goto(path);
    expect(await page.evaluate(() => window.crossOriginIsolated), path).toBe(true);
    await started;
  }
});

test("script that gets into a page does not run", async ({ browser, relay }) => {
  const context = await profile(browser, relay);
  try {
    const page = await context.newPage();
    await page.goto("/sign-in");
    await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
    const outcome = await page.evaluate(async () => {
      const refused: string[] = [];
      document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
      const global = window as unknown as { ran?: number };
      const attempt = (what: () => void) => {
        try {
          what();
        } catch {
          refused.push("exception");
        }
      };
      attempt(() => {
        const script = document.createElement("script");
        script.text = "window.ran = 1";
        document.body.append(script);
      });
      attempt(() => document.body.setAttribute("onclick", "window.ran = 2"));
      attempt(() => document.body.click());
      // Later, on its own: what a test's tools evaluate at once is allowed more than a page is.
      setTimeout(() => attempt(() => void new Function("window.ran = 3")()));
      attempt(() => {
        const script = document.createElement("script");
        script.src = "https://signet-canary.invalid/x.js";
        document.body.append(script);
      });
      attempt(() => {
        document.createElement("div").innerHTML = "<img src=x onerror='window.ran = 4'>";
      });
      await new Promise((resolve) => setTimeout(resolve, 500));
      return { ran: global.ran, refused };
    });
    expect(outcome.ran).toBeUndefined();
    expect(outcome.refused.length).toBeGreaterThanOrEqual(4);
  } finally {
    await context.close();
  }
});

for (const asset of ["page_bg", "boot"]) {
  test(`the page does not start with one byte of ${asset} altered`, async ({ browser, relay }) => {
    const context = await profile(browser, relay);
    try {
      const page = await context.newPage();
      let altered = 0;
      await page.route(new RegExp(`/assets/${asset}\\.[0-9a-f]{16}\\.(js|wasm)$`), async (route) => {
        const response = await route.fetch();
        const body = await response.body();
        // A letter in a script's comment or name, or a byte of the module's code: the hash tells them all.
        body[body.length - 2] = (body[body.length - 2] ?? 0) ^ 1;
        altered++;
        const { "content-encoding": _, ...headers } = response.headers();
        await route.fulfill({ response, body, headers });
      });
      await page.goto("/sign-in");
      await expect.poll(() => altered).toBeGreaterThan(0);
      if (asset !== "boot") await expect(page.getByRole("alert").filter({ hasText: /could not start/ })).toBeVisible();
      await expect(page.getByRole("button", { name: "Sign in" })).toBeDisabled();
    } finally {
      await context.close();
    }
  });
}

for (const fault of ["altered", "lost"]) {
  test(`a part of the page that is ${fault} on its way is not run, and the page says what to do`, async ({ browser, relay }) => {
    const context = await profile(browser, relay);
    try {
      const page = await context.newPage();
      await page.goto("/sign-in");
      await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
      const part = await spoil(context, "page-split_join", fault);
      await page.getByRole("link", { name: "Create account" }).click();
      await expect(page.getByRole("alert").filter({ hasText: /could not be fetched/ })).toBeVisible();
      expect(part.times).toBeGreaterThan(0);
      part.mended = true;
      await page.getByRole("button", { name: "Reload" }).click();
      await expect(page.getByRole("textbox", { name: "Repeat password", exact: true })).toBeEditable();
    } finally {
      await context.close();
    }
  });

  test(`a part of the vault that is ${fault} on its way is not run, and can be wanted again`, async ({ browser, relay }) => {
    const context = await profile(browser, relay);
    try {
      const page = await context.newPage();
      await signUp(page, "anna", password());
      await page.getByRole("link", { name: "Settings" }).click();
      const part = await spoil(context, "vault-split_later", fault);
      // It says nothing of the file that was chosen.
      await page.getByRole("button", { name: "Test a backup" }).click();
      const file = page.getByLabel("Backup file");
      await file.setInputFiles({ name: "some.signet", mimeType: "application/octet-stream", buffer: Buffer.from("some") });
      const secret = password();
      await page.getByRole("textbox", { name: "Backup password", exact: true }).fill(secret);
      await page.getByRole("button", { name: "Test", exact: true }).click();
      await expect(page.getByRole("alert")).toHaveText(/could not be fetched/);
      await expect(file).not.toHaveAttribute("aria-invalid");
      await expect(file).toHaveAccessibleDescription("Its name ends in .signet.");

      await page.getByRole("button", { name: "Export key backup" }).click();
      await page.getByRole("textbox", { name: "Backup password", exact: true }).fill(secret);
      await page.getByRole("textbox", { name: "Repeat backup password", exact: true }).fill(secret);
      await page.getByRole("button", { name: "Make backup" }).click();
      await expect(page.getByRole("alert")).toHaveText(/could not be fetched/);
      expect(part.times).toBeGreaterThan(0);
      part.mended = true;
      // What was typed is still there.
      const saved = page.waitForEvent("download", { timeout: 60_000 });
      await page.getByRole("button", { name: "Make backup" }).click();
      expect((await saved).suggestedFilename()).toMatch(/^signet-anna-/);
      await expect(page.getByText("Your backup is made.")).toBeVisible();
    } finally {
      await context.close();
    }
  });
}

/** Until it is mended, this file of the site arrives altered, or not at all, at pages and workers alike. */
async function spoil(context: BrowserContext, name: string, fault: string): Promise<{ times: number; mended: boolean }> {
  const file = { times: 0, mended: false };
  await context.route(new RegExp(`/assets/${name}\\.[0-9a-f]{16}\\.wasm$`), async (route) => {
    if (file.mended) return route.continue();
    file.times++;
    if (fault === "lost") return route.abort();
    const response = await route.fetch();
    const body = await response.body();
    body[body.length - 2] = (body[body.length - 2] ?? 0) ^ 1;
    const { "content-encoding": _, ...headers } = response.headers();
    await route.fulfill({ response, body, headers });
  });
  return file;
}

test("signing in, talking and settings break the policy nowhere", async ({ newBrowser, newPage }) => {
  // Every test watches for violations; this one goes everywhere, by links and by address.
  const home = await newBrowser();
  const [anna, bruno] = [await home.newPage(), await newPage()];
  const { annaSecret } = await introduce(anna, bruno);
  await anna.getByRole("button", { name: "Conversation details" }).click();
  await expect(anna.getByTestId("safety-number")).toBeVisible();
  await anna.keyboard.press("Escape");
  await anna.getByRole("link", { name: "Settings" }).click();
  await anna.getByRole("combobox", { name: "Theme" }).selectOption({ label: "Dark" });
  for (const path of PAGES) {
    await anna.goto(path);
    await expect(anna.getByRole("main").or(anna.getByRole("navigation")).first()).toBeVisible();
  }
  await anna.goto("/chat");
  await openConversation(anna, "bruno");
  await anna.getByRole("button", { name: "Sign out" }).click();
  await fillSignIn(anna, "anna", annaSecret);
  await anna.getByRole("button", { name: "Sign in" }).click();
  await openConversation(anna, "bruno");
});
