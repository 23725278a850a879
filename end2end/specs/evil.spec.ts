import type { Page } from "@playwright/test";
import { expect, tapped as test } from "../fixtures.ts";
import {
  articles, askFor, expectSignedIn, expectStates, expectTexts, fillSignIn, introduce, openConversation, password, send, signIn, signOut,
  signUp, startConversation,
} from "../people.ts";

// The attacks of a relay that a browser can show; SECURITY.md has their numbers, and all of them as native tests.

// The first bytes of the relay's frames.
const [SUBSCRIBED, DELIVER] = [1, 2];

/** A delivery under another number of the mailbox. */
function numbered(frame: Buffer, number: bigint): Buffer {
  const copy = Buffer.from(frame);
  copy.writeBigUInt64BE(number, 1);
  return copy;
}

/** With a bit of its last byte changed: of the message's tag. */
function spoiled(frame: Buffer): Buffer {
  const copy = Buffer.from(frame);
  copy[copy.length - 1]! ^= 1;
  return copy;
}

/** Without the last 40 bytes of its message. The frame's own lengths are true, so that it is read: else the line is left. */
function cut(frame: Buffer): Buffer {
  const copy = Buffer.from(frame.subarray(0, frame.length - 40));
  const record = copy[17] === 0 ? 0 : 4 + copy.readUInt32BE(18);
  const at = 18 + record;
  copy.writeUInt32BE(copy.readUInt32BE(at) - 40, at);
  return copy;
}

/** Anna has written three messages to Bruno, who was away, and has gone. The first greeting he has read before. */
async function away(anna: Page, bruno: Page): Promise<string> {
  const { brunoSecret } = await introduce(anna, bruno);
  await expectStates(anna, ["delivered", "read"]);
  await signOut(bruno);
  for (const text of ["one", "two", "three"]) await send(anna, text);
  await expectStates(anna, ["sent", "delivered", "read"]);
  await anna.close();
  return brunoSecret;
}

const TEXTS = ["Hello, Bruno.", "one", "two", "three"];

type Change = (frame: Buffer, which: number) => Buffer[];

/** What the last three of a mailbox become; it is numbered through, as an honest one is. */
function lastThree(change: Change): (frame: Buffer) => Buffer[] {
  let [first, shift] = [0n, 0n];
  return (frame) => {
    if (frame[0] === SUBSCRIBED) [first, shift] = [frame.readBigUInt64BE(1) - 2n, 0n];
    if (frame[0] !== DELIVER) return [frame];
    const number = frame.readBigUInt64BE(1);
    const which = Number(number - first);
    const given = which >= 0 && which < 3 ? change(frame, which) : [frame];
    const from = number + shift;
    shift += BigInt(given.length) - 1n;
    return given.map((one, at) => numbered(one, from + BigInt(at)));
  };
}

const missing = (n: number): RegExp => (n === 1 ? /1 message did not arrive/ : new RegExp(`${n} messages did not arrive`));

const STORIES: { name: string; change: Change; shown: string[]; told?: RegExp }[] = [
  {
    name: "EV-11: a message with one bit changed is not shown, and missed",
    change: (frame, which) => [which === 1 ? spoiled(frame) : frame],
    shown: ["Hello, Bruno.", "one", "three"],
    told: missing(1),
  },
  {
    name: "EV-15: a message that comes twice is shown once",
    change: (frame, which) => (which === 1 ? [frame, frame] : [frame]),
    shown: TEXTS,
  },
  {
    name: "EV-17: a message lost in the middle is missed",
    change: (frame, which) => (which === 1 ? [] : [frame]),
    shown: ["Hello, Bruno.", "one", "three"],
    told: missing(1),
  },
  {
    name: "EV-27: a message whose length lies is not shown, and missed",
    change: (frame, which) => [which === 1 ? cut(frame) : frame],
    shown: ["Hello, Bruno.", "one", "three"],
    told: missing(1),
  },
];

for (const { name, change, shown, told } of STORIES) {
  test(name, async ({ newPage, tap }) => {
    const [anna, bruno] = [await newPage(), await newPage()];
    const secret = await away(anna, bruno);
    tap.lies.frame = lastThree(change);
    await signIn(bruno, "bruno", secret);
    await openConversation(bruno, "anna");
    await expectTexts(bruno, shown);
    const alerts = bruno.getByRole("main").getByRole("alert");
    if (told) await expect(alerts).toContainText(told);
    else await expect(alerts).toHaveCount(0);
    // The relay is honest again, and whoever signs in anew finds everything.
    tap.lies = {};
    await signOut(bruno);
    await signIn(bruno, "bruno", secret);
    await openConversation(bruno, "anna");
    await expectTexts(bruno, TEXTS);
  });
}

test("EV-18: a message kept back at the end is not called delivered, and is missed with the next", async ({ newPage, tap }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  const { annaSecret, brunoSecret } = await introduce(anna, bruno);
  await expectStates(anna, ["delivered", "read"]);
  await signOut(bruno);
  await send(anna, "one");
  await send(anna, "two");
  await expectStates(anna, ["sent", "delivered", "read"]);
  await signOut(anna);
  let kept = 0;
  tap.lies.frame = (frame) => {
    if (frame[0] === SUBSCRIBED) kept = Number(frame.readBigUInt64BE(1));
    return frame[0] === DELIVER && Number(frame.readBigUInt64BE(1)) >= kept ? [] : [frame];
  };
  await signIn(bruno, "bruno", brunoSecret);
  await openConversation(bruno, "anna");
  await expectTexts(bruno, ["Hello, Bruno.", "one"]);
  await signOut(bruno);
  tap.lies = {};
  await signIn(anna, "anna", annaSecret);
  await openConversation(anna, "bruno");
  await expectTexts(anna, ["Hello, Bruno.", "one", "two"]);
  await expect(articles(anna).nth(2)).toHaveAttribute("data-state", "sent");
  await send(anna, "three");
  await expectStates(anna, ["sent", "delivered", "read"]);
  await signOut(anna);
  tap.lies.frame = lastThree((frame, which) => (which === 1 ? [] : [frame]));
  await signIn(bruno, "bruno", brunoSecret);
  await openConversation(bruno, "anna");
  await expect(bruno.getByRole("main").getByRole("alert")).toContainText(missing(1));
});

test("EV-01, EV-05, EV-07: sealed keys that were altered or put back open nothing, and weaker stretching is refused first", async ({
  newPage,
  tap,
}) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  const { annaSecret } = await introduce(anna, bruno);
  const fresh = await newPage();
  const asked = () => tap.heard.filter(({ what }) => /^POST .* body$|^frame to/.test(what)).map(({ what }) => what);
  await anna.close();
  await bruno.close();

  // The number of the profile of the stretching stands behind the 32 bytes of the login's id.
  tap.lies.answer = (what, body) => {
    if (what !== "POST /api/login/start") return body;
    const copy = Buffer.from(body);
    copy[32] = 0;
    return copy;
  };
  await fillSignIn(fresh, "anna", annaSecret);
  let before = asked().length;
  await fresh.getByRole("button", { name: "Sign in" }).click();
  await expect(fresh.getByRole("alert")).toHaveText(/weaker protection of your password/);
  expect(asked().slice(before)).toEqual(["POST /api/login/start body"]);

  // Slot and keystore: behind the account's id, each behind its length.
  for (const which of ["slot", "keystore"]) {
    tap.lies.answer = (what, body) => {
      if (what !== "POST /api/login/finish") return body;
      const copy = Buffer.from(body);
      const slot = copy.readUInt16BE(16);
      copy[which === "slot" ? 18 + slot - 1 : 18 + slot + 8 + 4 + 100]! ^= 4;
      return copy;
    };
    await fillSignIn(fresh, "anna", annaSecret);
    before = asked().length;
    await fresh.getByRole("button", { name: "Sign in" }).click();
    await expect(fresh.getByRole("alert")).toHaveText(/Your stored keys do not open/);
    expect(asked().slice(before)).toEqual(["POST /api/login/start body", "POST /api/login/finish body"]);
    await expect(articles(fresh)).toHaveCount(0);
  }

  // An older state, to a browser that has seen a newer one.
  const olden: Buffer[] = [];
  tap.lies.answer = (what, body) => {
    if (what === "POST /api/login/finish") olden.push(body);
    return body;
  };
  await signIn(fresh, "anna", annaSecret);
  await openConversation(fresh, "bruno");
  const [cedar, other] = [await newPage(), await newPage()];
  await signUp(cedar, "cedar", password());
  await startConversation(fresh, "cedar");
  // A conversation without a message is in the state alone: once another browser has it, the relay has.
  await signIn(other, "anna", annaSecret);
  await expect(other.getByRole("navigation", { name: "Conversations" }).getByRole("listitem")).toHaveCount(2);
  await other.close();
  tap.lies.answer = (what, body) => (what === "GET /api/vault" ? olden[0]! : body);
  await fresh.reload();
  await expect(fresh.getByRole("alert")).toHaveText(/offers an older state of your account/);
  tap.lies = {};
  await fresh.reload();
  await expectSignedIn(fresh);
  await expect(fresh.getByRole("navigation", { name: "Conversations" }).getByRole("listitem")).toHaveCount(2);
});

test("EV-03, EV-04: keys of somebody else under a name are refused, and nothing is sealed for them", async ({ newPage, tap }) => {
  const [anna, bruno, eve] = [await newPage(), await newPage(), await newPage()];
  await signUp(bruno, "bruno", password());
  await signUp(eve, "eve", password());
  await signUp(anna, "anna", password());
  const answers: Buffer[] = [];
  tap.lies.answer = (what, body) => {
    if (what === "POST /api/lookup") answers.push(body);
    return body;
  };
  await startConversation(anna, "eve");
  const eves = answers.at(-1)!;
  tap.lies.answer = (what, body) => (what === "POST /api/lookup" ? eves : body);
  // Signs of life (kind 4) come when they are due.
  const frames = () => tap.heard.filter(({ what, bytes }) => what === "frame to the relay" && bytes[0] !== 4).length;
  const before = frames();
  const dialog = await askFor(anna, "bruno");
  await expect(dialog.getByRole("alert")).toHaveText(/keys do not check/);
  expect(frames()).toBe(before);
  tap.lies = {};
  await dialog.getByRole("button", { name: "Start conversation" }).click();
  await expect(dialog).toBeHidden();
  await send(anna, "for Bruno alone");
  await openConversation(bruno, "anna");
  await expectTexts(bruno, ["for Bruno alone"]);
});
