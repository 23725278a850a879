import type { Locator, Page } from "@playwright/test";
import { expect, test } from "../fixtures.ts";
import {
  articles, entry, expectStates, expectTexts, introduce, log, messageBox, openConversation, send, signIn,
} from "../people.ts";

const message = (page: Page, text: string | RegExp) => articles(page).filter({ hasText: text });
const actions = (page: Page) => page.getByRole("group", { name: "Actions for this message" });

/** Opens what can be done with a message. */
async function act(page: Page, article: Locator): Promise<Locator> {
  await article.hover();
  await article.getByRole("button", { name: "Message actions" }).click();
  await expect(actions(page)).toBeVisible();
  return actions(page);
}

async function choose(page: Page, article: Locator, action: string): Promise<void> {
  await (await act(page, article)).getByRole("button", { name: action, exact: true }).click();
}

test("a message is answered, reacted to, edited and deleted, and both see the same, here and in a new browser", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  const { brunoSecret } = await introduce(anna, bruno);
  await choose(bruno, message(bruno, "Hello, Bruno."), "Reply");
  await expect(bruno.getByText("Reply to anna")).toBeVisible();
  await expect(messageBox(bruno)).toBeFocused();
  await send(bruno, "Hello yourself.");
  await expect(bruno.getByText("Reply to anna")).toHaveCount(0);
  const answer = message(anna, "Hello yourself.");
  await expect(answer.getByRole("button", { name: /You\s*Hello, Bruno\./ })).toBeVisible();

  await choose(anna, answer, "👍");
  await expect(actions(anna)).toHaveCount(0);
  await expect(message(bruno, "Hello yourself.").getByRole("button", { name: "👍 anna" })).toBeVisible();
  await choose(anna, answer, "🙏");
  const thanks = message(bruno, "Hello yourself.").getByRole("button", { name: "🙏 anna" });
  await expect(thanks).toBeVisible();
  await thanks.click();
  const both = answer.getByRole("button", { name: /^🙏 (You, bruno|bruno, You)$/ });
  await expect(both).toHaveText("🙏 2");
  await both.click();
  await expect(thanks).toHaveCount(0);
  await expect(message(bruno, "Hello yourself.").getByRole("button", { name: "🙏 You" })).toHaveAttribute("aria-pressed", "true");

  // What was being written waits while another text is changed.
  await messageBox(anna).fill("half a thought");
  await choose(anna, message(anna, "Hello, Bruno.").first(), "Edit");
  await expect(messageBox(anna)).toHaveValue("Hello, Bruno.");
  await messageBox(anna).fill("Good morning, Bruno.");
  await messageBox(anna).press("Enter");
  await expect(messageBox(anna)).toHaveValue("half a thought");
  for (const page of [anna, bruno]) {
    await expect(articles(page).first().locator(".bubble > .message-text")).toHaveText("Good morning, Bruno.");
    await expect(articles(page).first()).toContainText("edited");
    await expect(articles(page).nth(1).locator(".quote")).toContainText("Good morning, Bruno.");
  }
  await choose(bruno, articles(bruno).first(), "Earlier texts");
  await expect(actions(bruno).getByRole("listitem")).toHaveCount(2);
  await expect(actions(bruno).getByRole("listitem").first()).toContainText("Hello, Bruno.");
  await expect(actions(bruno).getByRole("button", { name: "Edit", exact: true })).toHaveCount(0);
  await expect(actions(bruno).getByRole("button", { name: "Delete for everyone" })).toHaveCount(0);
  await bruno.keyboard.press("Escape");
  await expect(actions(bruno)).toHaveCount(0);
  await expect(articles(bruno).first().getByRole("button", { name: "Message actions" })).toBeFocused();

  await choose(anna, articles(anna).first(), "Delete for everyone");
  await expect(actions(anna)).toContainText("stays with them");
  await actions(anna).getByRole("button", { name: "Delete", exact: true }).click();
  const elsewhere = await newPage();
  await signIn(elsewhere, "bruno", brunoSecret);
  await openConversation(elsewhere, "anna");
  for (const page of [anna, bruno, elsewhere]) {
    await expect(articles(page).first().locator(".bubble > .message-text")).toHaveText("This message was deleted.");
    await expect(articles(page).nth(1).locator(".quote")).toContainText("This message was deleted.");
    await expect(log(page).getByText("Good morning, Bruno.")).toHaveCount(0);
    await expect(page.getByRole("alert")).toHaveCount(0);
  }
});

test("what is said without a network is seen at once, and by the other when there is one", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  // Fetched before.
  await act(anna, articles(anna).first());
  await anna.keyboard.press("Escape");
  await anna.context().setOffline(true);
  await choose(anna, articles(anna).first(), "😂");
  await expect(articles(anna).first().getByRole("button", { name: "😂 You" })).toBeVisible();
  await choose(anna, articles(anna).first(), "Edit");
  await messageBox(anna).fill("Hello, dear Bruno.");
  await messageBox(anna).press("Enter");
  await expect(articles(anna).first()).toContainText("Hello, dear Bruno.");
  await expectTexts(bruno, ["Hello, Bruno."]);
  await anna.context().setOffline(false);
  await expect(articles(bruno).first()).toContainText("Hello, dear Bruno.");
  await expect(articles(bruno).first().getByRole("button", { name: "😂 anna" })).toBeVisible();
});

test("that a message was read is told, until one's read receipts are switched off", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await expectStates(anna, ["read"]);
  await bruno.getByRole("link", { name: "Settings" }).click();
  await bruno.getByRole("checkbox", { name: /Let people see/ }).uncheck();
  await bruno.getByRole("link", { name: "Back to conversations" }).click();
  await send(anna, "And this?");
  await expect(entry(bruno, "anna")).toHaveAccessibleName(/1 unread/);
  await openConversation(bruno, "anna");
  await expect(entry(bruno, "anna")).not.toHaveAccessibleName(/unread/);
  // An answer tells that everything before it has been through.
  await send(bruno, "Read, but not told.");
  await expectTexts(anna, ["Hello, Bruno.", "And this?", "Read, but not told."]);
  await expect(articles(anna).nth(1)).toHaveAttribute("data-state", "delivered");
  await bruno.reload();
  await bruno.goto("/settings");
  await expect(bruno.getByRole("checkbox", { name: /Let people see/ })).not.toBeChecked();
});

test("by keyboard and on a narrow screen", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await anna.setViewportSize({ width: 320, height: 640 });
  await articles(anna).first().getByRole("button", { name: "Message actions" }).focus();
  await anna.keyboard.press("Enter");
  await expect(actions(anna)).toBeVisible();
  expect(await anna.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await anna.keyboard.press("Tab");
  await expect(actions(anna).getByRole("button", { name: "👍" })).toBeFocused();
  await anna.keyboard.press("Enter");
  await expect(articles(bruno).first().getByRole("button", { name: "👍 anna" })).toBeVisible();
  await expect(articles(anna).first().getByRole("button", { name: "Message actions" })).toBeFocused();
  // Whoever changes their mind while answering has lost nothing.
  await choose(anna, articles(anna).first(), "Reply");
  await messageBox(anna).fill("never mind");
  await messageBox(anna).press("Escape");
  await expect(anna.getByText("Reply to")).toHaveCount(0);
  await send(anna, "never mind");
  await expectTexts(bruno, ["Hello, Bruno.", "never mind"]);
});
