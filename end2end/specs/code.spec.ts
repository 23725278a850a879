import { writeFileSync } from "node:fs";
import { chromium, type Locator, type Page } from "@playwright/test";
import { CHROMIUM } from "../chromium.ts";
import { Watch, expect, profile, test } from "../fixtures.ts";
import { introduce, openConversation, password, send, signUp, startConversation, expectTexts, articles } from "../people.ts";
import { film, photo, png, somethingElse, white, type Picture } from "../pictures.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const details = (page: Page) => page.getByRole("dialog", { name: "Safety number" });
const alert = (page: Page) => details(page).getByRole("alert");
const code = (page: Page) => details(page).getByRole("img", { name: "QR code of the safety number" });
/** The dialog's words that are told aloud, other than whether the person is verified. */
const said = (page: Page) => details(page).locator(".code").getByRole("status");
const verified = (page: Page) => details(page).getByText(/^(Not verified yet|Verified on)/);

async function openDetails(page: Page): Promise<Locator> {
  await button(page, "Conversation details").click();
  await expect(code(page)).toBeVisible();
  return code(page);
}

async function closeDetails(page: Page): Promise<void> {
  await button(page, "Close").click();
  await expect(details(page)).toBeHidden();
}

/** What stands on this person's screen for the other's camera. */
async function shown(page: Page): Promise<Picture> {
  const picture = await photo(page, await openDetails(page));
  await closeDetails(page);
  return picture;
}

async function choose(page: Page, buffer: Buffer, mimeType = "image/png"): Promise<void> {
  await details(page).getByLabel("Picture of their code").setInputFiles({ name: "photo.png", mimeType, buffer });
}

test("a picture of the other person's code is compared, and each other picture says what it is", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  await introduce(anna, bruno);
  const carla = await newPage();
  await signUp(carla, "carla", password());
  await startConversation(carla, "anna");
  await send(carla, "Hello, Anna.");
  const [brunos, carlas] = [await shown(bruno), await shown(carla)];

  // Whoever has no need of it fetches nothing for it.
  const parts: string[] = [];
  anna.on("request", (request) => void (request.url().includes("page-split_code") && parts.push(request.url())));
  await anna.reload();
  await openConversation(anna, "bruno");
  expect(parts).toEqual([]);
  const annas = await photo(anna, await openDetails(anna));
  expect(parts.length).toBe(1);

  const cases: [string, Buffer, RegExp][] = [
    ["no picture", Buffer.from("not a picture"), /cannot read this file as a picture/],
    ["a white wall", png(white(300, 300)), /No code was found/],
    ["a code of something else", png(somethingElse()), /not a code of Signet/],
    ["one's own", png(annas), /the code that you show/],
    ["a code of another account", png(carlas), /another conversation/],
  ];
  for (const [what, picture, says] of cases) {
    await choose(anna, picture);
    await expect(alert(anna), what).toHaveText(says);
    await expect(verified(anna), what).toHaveText("Not verified yet.");
  }

  // A code that fits marks nobody: that is the person's to say.
  await choose(anna, png(brunos));
  await expect(said(anna)).toHaveText(/The codes fit/);
  await expect(alert(anna)).toHaveCount(0);
  await expect(verified(anna)).toHaveText("Not verified yet.");
  await expect(button(anna, "Mark as verified")).toBeFocused();
  await anna.keyboard.press("Enter");
  await expect(verified(anna)).toHaveText(/^Verified on/);
  await choose(anna, png(brunos));
  await expect(said(anna)).toHaveText("The codes fit: nobody stands between you.");
  await closeDetails(anna);

  // Bruno's keys are renewed: the picture is of an older state of them now.
  await bruno.getByRole("link", { name: "Settings" }).click();
  await button(bruno, "Renew keys").click();
  await expect(bruno.getByText("Your key is renewed")).toBeVisible({ timeout: 150_000 });
  await bruno.getByRole("link", { name: "Back to conversations" }).click();
  await openConversation(bruno, "anna");
  await send(bruno, "With a new key.");
  await expectTexts(anna, ["Hello, Bruno.", "With a new key."]);
  await openDetails(anna);
  await choose(anna, png(brunos));
  await expect(alert(anna)).toHaveText(/older or newer/);
  await expect(verified(anna)).toHaveText(/^Verified on/);
  expect(await articles(anna).count()).toBe(2);
});

test("the camera reads the code off the other screen, and its light goes out with it", async ({ relay, newPage }, info) => {
  const filmed = info.outputPath("camera.y4m");
  writeFileSync(filmed, film(white(300, 300)));
  const camera = ["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${filmed}`];
  const browser = await chromium.launch({ ...CHROMIUM, args: [...CHROMIUM.args, ...camera] });
  const context = await profile(browser, relay);
  const watch = new Watch(relay.url);
  await watch.over(context);
  await context.addInitScript(() => {
    // The empty page before the first is not a secure one.
    if (!("MediaDevices" in window)) return;
    const tracks: MediaStreamTrack[] = [];
    const open = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function (wanted) {
      const stream = await open.call(this, wanted);
      tracks.push(...stream.getTracks());
      return stream;
    };
    Object.assign(window, { signetTestTracks: () => tracks.map((track) => track.readyState) });
  });
  const tracks = (page: Page) =>
    page.evaluate(() => (window as unknown as { signetTestTracks(): string[] }).signetTestTracks());
  const [anna, bruno] = [await context.newPage(), await newPage()];
  await introduce(anna, bruno);
  const brunos = await shown(bruno);
  const annas = await photo(anna, await openDetails(anna));

  // Refused, by whoever sits there or by the browser for them.
  await button(anna, "Scan their code").click();
  await expect(alert(anna)).toHaveText(/does not let this site use the camera/);
  await context.grantPermissions(["camera"]);

  // Nothing in sight; then stopped, and then closed.
  await button(anna, "Scan their code").click();
  await expect(said(anna)).toHaveText(/Hold the code/);
  await expect(details(anna).getByLabel("What the camera sees")).toBeVisible();
  await expect(alert(anna)).toHaveCount(0);
  await button(anna, "Stop scanning").click();
  await expect.poll(() => tracks(anna)).toEqual(["ended"]);
  await button(anna, "Scan their code").click();
  await expect(said(anna)).toHaveText(/Hold the code/);
  await closeDetails(anna);
  await expect.poll(() => tracks(anna)).toEqual(["ended", "ended"]);
  await openDetails(anna);

  for (const [what, picture, says] of [
    ["a code of something else", somethingElse(), /not a code of Signet/],
    ["one's own", annas, /the code that you show/],
  ] as const) {
    writeFileSync(filmed, film(picture));
    await button(anna, "Scan their code").click();
    await expect(alert(anna), what).toHaveText(says);
  }
  writeFileSync(filmed, film(brunos));
  await button(anna, "Scan their code").click();
  await expect(said(anna)).toHaveText(/The codes fit/);
  await expect(verified(anna)).toHaveText("Not verified yet.");
  await button(anna, "Mark as verified").click();
  await expect(verified(anna)).toHaveText(/^Verified on/);
  await expect.poll(async () => new Set(await tracks(anna))).toEqual(new Set(["ended"]));

  await browser.close();
  watch.check();
});

test("where there is no camera, that is said, and a narrow screen shows it all", async ({ newBrowser, newPage }) => {
  const context = await newBrowser();
  const [anna, bruno] = [await context.newPage(), await newPage()];
  await introduce(anna, bruno);
  await context.grantPermissions(["camera"]);
  await anna.setViewportSize({ width: 320, height: 640 });
  await openDetails(anna);
  await button(anna, "Scan their code").click();
  await expect(alert(anna)).toHaveText(/No camera was found/);
  expect(await details(anna).evaluate((dialog) => dialog.scrollWidth - dialog.clientWidth)).toBeLessThanOrEqual(0);
});
