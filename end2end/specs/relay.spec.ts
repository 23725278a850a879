import { expect, test } from "../fixtures.ts";
import {
  expectConnection, expectSignedIn, expectStates, expectTexts, expectTextsInAnyOrder, introduce, messageBox, send, states, texts,
} from "../people.ts";

test("a relay killed and restarted between messages loses none", async ({ relay, newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await send(anna, "before");
  await expectTexts(bruno, ["Hello, Bruno.", "before"]);
  await relay.kill();
  await expectConnection(anna, /reconnecting|offline/);
  await relay.restart();
  await expectConnection(anna, /connected/);
  await expectConnection(bruno, /connected/);
  await send(anna, "after");
  await send(bruno, "indeed");
  const all = ["Hello, Bruno.", "before", "after", "indeed"];
  await expectTextsInAnyOrder(anna, all);
  await expectTextsInAnyOrder(bruno, all);
  for (const page of [anna, bruno]) {
    await page.reload();
    await expectSignedIn(page);
    await expectTextsInAnyOrder(page, all);
  }
});

test("what is written while the relay is down is sent once it is back, and shown once", async ({ relay, newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await expectStates(anna, ["delivered", "read"]);
  await relay.kill();
  const written = ["into the dark 1", "into the dark 2", "into the dark 3"];
  for (const text of written) await send(anna, text);
  expect((await states(anna)).filter((state) => state === "sending")).toHaveLength(3);
  await relay.restart();
  await expectTexts(bruno, ["Hello, Bruno.", ...written]);
  await expectTexts(anna, ["Hello, Bruno.", ...written]);
  await expectStates(anna, ["delivered", "read"]);
});

test("a relay killed in the middle of sending: every message arrives exactly once", async ({ relay, newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  const written: { anna: string[]; bruno: string[] } = { anna: [], bruno: [] };
  for (let round = 0; round < 4; round++) {
    const dying = relay.kill();
    for (let n = 0; n < 4; n++) {
      for (const [page, name] of [[anna, "anna"], [bruno, "bruno"]] as const) {
        const text = `${name} ${round}.${n}`;
        await send(page, text);
        written[name].push(text);
      }
      if (n === 1) {
        await dying;
        await relay.restart();
      }
    }
  }
  const all = ["Hello, Bruno.", ...written.anna, ...written.bruno];
  await expectTextsInAnyOrder(anna, all, 120_000);
  await expectTextsInAnyOrder(bruno, all, 120_000);
  await expectStates(anna, ["delivered", "read"]);
  await expectStates(bruno, ["delivered", "read"]);
  // Nobody's own words change places.
  for (const name of ["anna", "bruno"] as const) {
    for (const page of [anna, bruno]) {
      expect((await texts(page)).filter((text) => text.startsWith(`${name} `))).toEqual(written[name]);
    }
  }
});

test("a page reloaded in the middle of sending sends what was written, once", async ({ relay, newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await expectStates(anna, ["delivered", "read"]);
  // With the line cut, a share of the session cannot be fetched either: the reload waits for the relay.
  await relay.kill();
  await send(anna, "written before the reload");
  await expect.poll(() => states(anna)).toContain("sending");
  await relay.restart();
  await anna.reload();
  await expectSignedIn(anna);
  await expectTexts(bruno, ["Hello, Bruno.", "written before the reload"]);
  await expectTexts(anna, ["Hello, Bruno.", "written before the reload"]);
  await send(anna, "and after");
  await anna.reload();
  await expectTexts(bruno, ["Hello, Bruno.", "written before the reload", "and after"]);
  await expectTexts(anna, ["Hello, Bruno.", "written before the reload", "and after"]);
});

test("a browser without a network says so, keeps what is written, and sends it later", async ({ newBrowser, newPage }) => {
  const home = await newBrowser();
  const [anna, bruno] = [await home.newPage(), await newPage()];
  await introduce(anna, bruno);
  await expectStates(anna, ["delivered", "read"]);
  await home.setOffline(true);
  await expectConnection(anna, /offline/);
  await messageBox(anna).fill("from the tunnel");
  await messageBox(anna).press("Enter");
  await expectTexts(anna, ["Hello, Bruno.", "from the tunnel"]);
  await home.setOffline(false);
  await expectConnection(anna, /^connected/);
  await expectTexts(bruno, ["Hello, Bruno.", "from the tunnel"]);
  await expectStates(anna, ["delivered", "read"]);
});

test("a relay that is asked to end does so in order, and everyone comes back", async ({ relay, newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await relay.finish();
  await relay.restart();
  await send(bruno, "after a tidy end");
  await expectTexts(anna, ["Hello, Bruno.", "after a tidy end"]);
});

test("a relay whose disk is full says so, and what was written waits until there is room", async ({ relay, newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  await expectStates(anna, ["delivered", "read"]);
  relay.full();
  await send(anna, "no room for this");
  await expectConnection(anna, /server full/);
  await expect(anna.getByText(/cannot store messages at the moment.+wait in this browser/)).toBeVisible();
  await expect.poll(async () => (await states(anna)).at(-1)).toBe("sending");
  // A page that is loaded now cannot open, says why, and opens later.
  await anna.reload();
  await expect(anna.getByRole("alert").filter({ hasText: /server cannot store/ })).toBeVisible();
  relay.roomAgain();
  await anna.reload();
  await expectSignedIn(anna);
  await expectTexts(bruno, ["Hello, Bruno.", "no room for this"]);
  await expectConnection(anna, /connected/);
  await expectStates(anna, ["delivered", "read"]);
});
