import { generateKeyPairSync, randomBytes } from "node:crypto";
import { dresses, moduli, privateKeys, sightings, type Hay } from "../canaries.ts";
import { expect, profile, tapped as test, test as base, Watch } from "../fixtures.ts";
import {
  expectSignedIn, expectStates, expectTexts, messageBox, openConversation, send, signIn, signOut, signUp, startConversation,
} from "../people.ts";
import type { Relay } from "../relay.ts";
import { Frames, type Tap } from "../tap.ts";

const secretOf = (name: string) => `${name} canary ${randomBytes(9).toString("hex")}`;

function hay(relay: Relay, tap: Tap): Hay[] {
  const files = [...relay.files()].map(([name, bytes]) => ({ where: name, bytes }));
  const heard = tap.heard.map(({ what, bytes }) => ({ where: what, bytes }));
  return [...files, ...heard, { where: "the logs", bytes: Buffer.from(relay.logs.join("")) }];
}

test("the relay never holds, hears or logs what people write, their secrets or their keys", async ({ browser, relay, tap }) => {
  const secrets = {
    "Anna's password": secretOf("first climber"),
    "Bruno's password": secretOf("second climber"),
    "a message": secretOf("first message"),
    "an answer": secretOf("answer"),
    "a message to someone away": secretOf("away"),
    "a draft": secretOf("draft"),
  };
  const watch = new Watch(relay.url);
  const open = async () => {
    const context = await profile(browser, relay);
    await watch.over(context);
    return context.newPage();
  };
  const [anna, bruno] = [await open(), await open()];
  const keys = {
    "Anna's recovery key": await signUp(anna, "anna", secrets["Anna's password"]),
    "Bruno's recovery key": await signUp(bruno, "bruno", secrets["Bruno's password"], { stay: true }),
  };
  await startConversation(anna, "bruno");
  await send(anna, secrets["a message"]);
  await openConversation(bruno, "anna");
  await expectTexts(bruno, [secrets["a message"]]);
  await send(bruno, secrets["an answer"]);
  await expectTexts(anna, [secrets["a message"], secrets["an answer"]]);
  await signOut(bruno);
  await send(anna, secrets["a message to someone away"]);
  await messageBox(anna).fill(secrets["a draft"]);
  await anna.reload();
  await expectSignedIn(anna);
  await signIn(bruno, "bruno", secrets["Bruno's password"]);
  await openConversation(bruno, "anna");
  await expectTexts(bruno, [secrets["a message"], secrets["an answer"], secrets["a message to someone away"]]);
  await expectStates(anna, ["delivered", "read"]);

  const hays = hay(relay, tap);
  // What the relay must know shows that the search looks in the right places.
  const known = sightings({ name: "bruno" }, hays);
  expect(known.some((seen) => seen.includes("signet.db"))).toBe(true);
  expect(known.some((seen) => seen.includes("/api/register"))).toBe(true);
  expect(tap.heard.some(({ what }) => what === "frame to the relay")).toBe(true);
  expect(tap.heard.some(({ what }) => what === "frame from the relay")).toBe(true);
  expect(relay.logs.join("").length).toBeGreaterThan(0);
  expect(moduli(hays).length, "public keys of two people, two each").toBeGreaterThanOrEqual(4);

  const bare = Object.fromEntries(Object.entries(keys).map(([name, key]) => [`${name}, bare`, key.replace(/[\s-]/g, "")]));
  const lower = Object.fromEntries(Object.entries(bare).map(([name, key]) => [`${name}, lower`, key.toLowerCase()]));
  expect(sightings({ ...secrets, ...keys, ...bare, ...lower }, hays)).toEqual([]);
  expect(privateKeys(hays)).toEqual([]);
  // Logs name nobody either.
  const logs = hays.filter(({ where }) => where === "the logs");
  expect(sightings({ "Anna's name": "anna", "Bruno's name": "bruno" }, logs)).toEqual([]);
  watch.check();
});

base("the search finds a secret in every dress", () => {
  const secret = "Straße canary 0123456789";
  const plain = Buffer.from(secret);
  const written: [string, Buffer][] = [
    ["raw", plain],
    ["UTF-16", Buffer.from(secret, "utf16le")],
    ["hex", Buffer.from(plain.toString("hex"))],
    ["HEX", Buffer.from(plain.toString("hex").toUpperCase())],
    ["percent", Buffer.from(encodeURIComponent(secret))],
  ];
  for (const before of [0, 1, 2, 3, 4, 5]) {
    const shifted = Buffer.concat([randomBytes(before), plain, randomBytes(7)]);
    written.push([`base64+${before % 3}`, Buffer.from(shifted.toString("base64"))]);
    written.push([`base64url+${before % 3}`, Buffer.from(shifted.toString("base64url"))]);
  }
  for (const [dress, bytes] of written) {
    const hays = [{ where: "here", bytes: Buffer.concat([randomBytes(100), bytes, randomBytes(100)]) }];
    expect(sightings({ it: secret }, hays), dress).toContain(`it, ${dress}, in here`);
  }
  expect(sightings({ it: secret }, [{ where: "here", bytes: randomBytes(10_000) }])).toEqual([]);
  expect([...dresses(secret).values()].every((needle) => needle.length > 20)).toBe(true);
});

base("the search finds a private key by its frame and by its primes", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 3072 });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const jwk = privateKey.export({ format: "jwk" });
  const around = (bytes: Buffer) => [
    { where: "store", bytes: spki },
    { where: "here", bytes: Buffer.concat([randomBytes(50), bytes, randomBytes(50)]) },
  ];
  expect(moduli(around(Buffer.alloc(0)))).toEqual([BigInt(`0x${Buffer.from(jwk.n ?? "", "base64url").toString("hex")}`)]);
  expect(privateKeys(around(randomBytes(1000)))).toEqual([]);
  for (const type of ["pkcs8", "pkcs1"] as const) {
    const found = privateKeys(around(privateKey.export({ type, format: "der" })));
    expect(found.join()).toContain("PKCS#1 in here");
  }
  const prime = Buffer.from(jwk.q ?? "", "base64url");
  expect(privateKeys(around(prime))).toEqual(["a prime of a private key at 50 in here"]);
  expect(privateKeys(around(Buffer.from(prime).reverse()))).toEqual(["a prime of a private key at 50 in here"]);
});

base("the tap takes off a browser's mask, however the bytes arrive", () => {
  const text = Buffer.from("x".repeat(70_000));
  const mask = Buffer.from([1, 2, 3, 4]);
  const masked = Buffer.from(text.map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
  const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0x11, 0x70]);
  const small = Buffer.from([0x82, 0x83, ...mask, "a".charCodeAt(0) ^ 1, "b".charCodeAt(0) ^ 2, "c".charCodeAt(0) ^ 3]);
  const stream = Buffer.concat([small, head, mask, masked, small]);
  for (const step of [1, 7, 1000, stream.length]) {
    const payloads: string[] = [];
    const frames = new Frames((payload) => payloads.push(payload.toString()));
    for (let at = 0; at < stream.length; at += step) frames.take(stream.subarray(at, at + step));
    expect(payloads).toEqual(["abc", text.toString(), "abc"]);
  }
});
