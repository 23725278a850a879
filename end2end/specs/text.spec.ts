import { expect, test } from "../fixtures.ts";
import { articles, expectTexts, introduce, messageBox, send } from "../people.ts";

const UNICODE = [
  "Zażółć gęślą jaźń, Ærøskøbing, Ελληνικά, Русский, Tiếng Việt",
  "日本語と中文（简体・繁體）와 한국어, ภาษาไทย, हिन्दी",
  "e\u0301 is not \u00e9, and \u212b is not \u00c5: both stay as they were written",
  "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈 🇵🇱 ✍️ 🫠",
  "שלום, עולם! (123) مرحبا بالعالم",
  "\u202eright to left by force\u202c and back",
  "a\u0000b\u0007c\ufffd and \u{10ffff}",
  "two  spaces, a\ttab, and \u00a0no-break",
  "''; DROP TABLE messages; -- %s ${x} {{asset:page.js}} \\u0041",
];

test("texts of every script arrive exactly as they were written", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  const all = ["Hello, Bruno."];
  for (const [at, text] of UNICODE.entries()) {
    const from = at % 2 === 0 ? anna : bruno;
    // A text field itself drops NUL characters in no browser, so what it holds is what must arrive.
    await messageBox(from).fill(text);
    const held = await messageBox(from).inputValue();
    await messageBox(from).press("Enter");
    all.push(held);
    for (const page of [anna, bruno]) await expectTexts(page, all);
  }
  await bruno.reload();
  await expectTexts(bruno, all);
});

test("right-to-left text runs from the right, and only that", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await send(anna, "שלום עולם");
  const line = articles(bruno).last().locator("[dir=auto]").first();
  await expect(line).toHaveText("שלום עולם");
  expect(await line.evaluate((element) => element.matches(":dir(rtl)"))).toBe(true);
  const hello = articles(bruno).first().locator("[dir=auto]").first();
  expect(await hello.evaluate((element) => element.matches(":dir(ltr)"))).toBe(true);
});

test("lines break where Shift and Enter were pressed", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  const box = messageBox(anna);
  await box.pressSequentially("first");
  await box.press("Shift+Enter");
  await box.pressSequentially("second");
  await box.press("Enter");
  await expectTexts(bruno, ["Hello, Bruno.", "first\nsecond"]);
  const height = (index: number) => articles(bruno).nth(index).locator("[dir=auto]").first().evaluate((p) => p.clientHeight);
  expect(await height(1)).toBeGreaterThan((await height(0)) * 1.5);
});

test("20,000 characters arrive whole, and one more is refused before it is lost", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  const plain = "0123456789".repeat(2000);
  // Four bytes each, the most that a character can take.
  const wide = "🦊🦉🐢🐙🦋".repeat(4000);
  for (const text of [plain, wide]) await send(anna, text);
  await expectTexts(bruno, ["Hello, Bruno.", plain, wide]);
  await messageBox(anna).fill(`${wide}!`);
  await expect(anna.getByRole("button", { name: "Send" })).toBeDisabled();
  await messageBox(anna).press("Enter");
  await expect(messageBox(anna)).toHaveValue(`${wide}!`);
  await expectTexts(anna, ["Hello, Bruno.", plain, wide]);
});

test("HTML is shown as text: nothing runs, nothing is fetched", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  const hostile = [
    `<img src="https://signet-canary.invalid/pixel.png" onerror="window.hacked = 1">`,
    `<script>window.hacked = 2</script><b>bold</b>`,
    `<svg onload="window.hacked = 3"><style>* { display: none }</style></svg>`,
    `<iframe src="https://signet-canary.invalid/frame"></iframe><a href="javascript:window.hacked = 4">x</a>`,
    `[link](javascript:window.hacked=5) &lt;b&gt; &amp; ![](https://signet-canary.invalid/md.png)`,
    `https://signet-canary.invalid/preview`,
  ];
  const requests: string[] = [];
  for (const page of [anna, bruno]) {
    page.on("request", (request) => request.url().includes("canary") && requests.push(request.url()));
  }
  const before = await bruno.locator("img, script, iframe, style, svg, b").count();
  for (const text of hostile) await send(anna, text);
  await expectTexts(bruno, ["Hello, Bruno.", ...hostile]);
  await expectTexts(anna, ["Hello, Bruno.", ...hostile]);
  for (const page of [anna, bruno]) {
    expect(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).toBeUndefined();
    expect(await articles(page).locator("img, script, iframe, style, a, b").count()).toBe(0);
  }
  expect(before).toBeGreaterThan(0);
  expect(requests).toEqual([]);
});
