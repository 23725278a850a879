import { expect, test } from "../fixtures.ts";
import {
  entry, expectSignedIn, expectStates, expectTexts, introduce, openConversation, password, send, signIn, signOut, signUp,
  startConversation,
} from "../people.ts";

test("two people write to each other, live", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await send(bruno, "Hello, Anna.");
  await expectTexts(anna, ["Hello, Bruno.", "Hello, Anna."]);
  await send(anna, "Is it only us?");
  await expectTexts(bruno, ["Hello, Bruno.", "Hello, Anna.", "Is it only us?"]);
  await send(bruno, "Only us.");
  const all = ["Hello, Bruno.", "Hello, Anna.", "Is it only us?", "Only us."];
  await expectTexts(anna, all);
  await expectTexts(bruno, all);
  await expectStates(anna, ["delivered", "read"]);
  await expectStates(bruno, ["delivered", "read"]);
});

test("the list shows the last line and how many are unread", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  const secret = password();
  await signUp(bruno, "bruno", secret);
  await signUp(anna, "anna", password());
  await startConversation(anna, "bruno");
  await send(anna, "one");
  await send(anna, "two");
  await expect(entry(bruno, "anna")).toHaveAccessibleName(/2 unread/);
  await expect(entry(bruno, "anna")).toContainText("two");
  await openConversation(bruno, "anna");
  await expect(entry(bruno, "anna")).not.toHaveAccessibleName(/unread/);
  await expectTexts(bruno, ["one", "two"]);
  await expect(entry(anna, "bruno")).toContainText("two");
});

test("a line of the list that changes under the finger is opened all the same", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await anna.goto("/chat");
  await expectSignedIn(anna);
  await expect(entry(anna, "bruno")).toContainText("Hello, Bruno.");
  const line = (await entry(anna, "bruno").boundingBox())!;
  // On the last line's words.
  await anna.mouse.move(line.x + 80, line.y + line.height * 0.7);
  await anna.mouse.down();
  await send(bruno, "Hello, Anna.");
  await expect(entry(anna, "bruno")).toContainText("Hello, Anna.");
  await anna.mouse.up();
  await expectTexts(anna, ["Hello, Bruno.", "Hello, Anna."]);
});

test("what is written while the other is away is there when they return", async ({ newPage, newBrowser }) => {
  const anna = await newPage();
  const home = await newBrowser();
  const bruno = await home.newPage();
  await introduce(anna, bruno, { stay: true });
  await bruno.close();
  const written = ["Where are you?", "I waited.", "Tomorrow, then."];
  for (const text of written) await send(anna, text);
  await expectStates(anna, ["sent", "delivered", "read"]);

  const back = await home.newPage();
  await back.goto("/chat");
  await expectSignedIn(back);
  await expect(entry(back, "anna")).toHaveAccessibleName(/3 unread/);
  await openConversation(back, "anna");
  await expectTexts(back, ["Hello, Bruno.", ...written]);
  await expectStates(anna, ["delivered", "read"]);
});

test("what is written while the other is signed out is there when they sign in", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  const { brunoSecret } = await introduce(anna, bruno);
  await signOut(bruno);
  await send(anna, "You are signed out.");
  await expectStates(anna, ["sent", "delivered", "read"]);
  await signIn(bruno, "bruno", brunoSecret);
  await openConversation(bruno, "anna");
  await expectTexts(bruno, ["Hello, Bruno.", "You are signed out."]);
});

test("a reload shows the same conversation without asking for anything", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await send(bruno, "Hello, Anna.");
  const all = ["Hello, Bruno.", "Hello, Anna."];
  await expectTexts(anna, all);
  await anna.reload();
  await expectSignedIn(anna);
  await expectTexts(anna, all);
  await send(anna, "Still here.");
  await expectTexts(bruno, [...all, "Still here."]);
  await expectTexts(anna, [...all, "Still here."]);
});

test("a draft survives a reload and leaves with the message", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  const box = anna.getByRole("textbox", { name: "Message", exact: true });
  await box.fill("half a sen");
  await box.blur();
  // The draft is kept a moment after the last key; switching conversations or pages keeps it at once.
  await anna.getByRole("link", { name: "Settings" }).click();
  await anna.getByRole("link", { name: "Back to conversations" }).click();
  await openConversation(anna, "bruno");
  await expect(box).toHaveValue("half a sen");
  await anna.reload();
  await expect(box).toHaveValue("half a sen");
  await send(anna, "half a sentence");
  await anna.reload();
  await expectTexts(anna, ["Hello, Bruno.", "half a sentence"]);
  await expect(box).toHaveValue("");
  await expectTexts(bruno, ["Hello, Bruno.", "half a sentence"]);
});

test("both see the same safety number, and a third person another", async ({ newPage }) => {
  const [anna, bruno, clara] = [await newPage(), await newPage(), await newPage()];
  await introduce(anna, bruno);
  await signUp(clara, "clara", password());
  await startConversation(clara, "bruno");
  const number = async (page: typeof anna) => {
    await page.getByRole("button", { name: "Conversation details" }).click();
    const shown = page.getByTestId("safety-number");
    await expect(shown).toHaveText(/^(\d{5}\s+){11}\d{5}$/);
    return (await shown.innerText()).replace(/\s+/g, " ");
  };
  const [annas, brunos, claras] = [await number(anna), await number(bruno), await number(clara)];
  expect(annas).toBe(brunos);
  expect(claras).not.toBe(annas);
});
