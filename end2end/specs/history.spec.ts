import { test } from "../fixtures.ts";
import { expectTexts, introduce, openConversation, password, send, signIn, signUp, startConversation } from "../people.ts";

test("a new browser finds the whole history by the password alone", async ({ newPage }) => {
  const [anna, bruno] = [await newPage(), await newPage()];
  const { annaSecret, brunoSecret } = await introduce(anna, bruno);
  const all = ["Hello, Bruno."];
  for (let round = 1; round <= 8; round++) {
    for (const [page, name] of [[anna, "anna"], [bruno, "bruno"]] as const) {
      const text = `${name} ${round}`;
      await send(page, text);
      all.push(text);
      for (const reader of [anna, bruno]) await expectTexts(reader, all);
    }
  }
  for (const [name, secret, other] of [["anna", annaSecret, "bruno"], ["bruno", brunoSecret, "anna"]] as const) {
    const fresh = await newPage();
    await signIn(fresh, name, secret);
    await openConversation(fresh, other);
    await expectTexts(fresh, all);
    await send(fresh, `${name} from the new browser`);
    all.push(`${name} from the new browser`);
    for (const reader of [anna, bruno, fresh]) await expectTexts(reader, all);
  }
});

test("several conversations come back, each with its own", async ({ newPage }) => {
  const [anna, bruno, clara] = [await newPage(), await newPage(), await newPage()];
  const { annaSecret } = await introduce(anna, bruno);
  await signUp(clara, "clara", password());
  await startConversation(clara, "anna");
  await send(clara, "From Clara.");
  const fresh = await newPage();
  await signIn(fresh, "anna", annaSecret);
  await openConversation(fresh, "clara");
  await expectTexts(fresh, ["From Clara."]);
  await openConversation(fresh, "bruno");
  await expectTexts(fresh, ["Hello, Bruno."]);
});
