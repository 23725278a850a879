// The page around the reader: a password, then conversations. What people wrote goes into text nodes and nowhere else.
addEventListener("DOMContentLoaded", () => {
  const HEAD = 118;
  const SHOWN = 400;
  const one = (selector) => document.querySelector(selector);
  const [form, field, error, bar] = [one("form"), one("#password"), one("#error"), one("progress")];
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  let ready = false;

  function bytes(text) {
    const binary = atob(text);
    const found = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at++) found[at] = binary.charCodeAt(at);
    return found;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!bar.hidden) return;
    error.textContent = field.value === "" ? "Type the backup password." : "";
    if (field.value === "") return field.focus();
    bar.removeAttribute("value");
    bar.hidden = false;
    await frame();
    try {
      show(await open(field.value));
    } catch (cause) {
      error.textContent = typeof cause === "string" ? cause : `This browser cannot open it (${cause?.message ?? cause}). Try a current one.`;
      bar.hidden = true;
      field.focus();
    }
  });

  async function open(password) {
    if (!ready) {
      wasm_bindgen.initSync({ module: bytes(one("#module").textContent) });
      ready = true;
    }
    const parts = document.querySelectorAll("script.part");
    let [backup, head] = [null, new Uint8Array()];
    const take = (piece) => {
      if (backup) return backup.feed(piece);
      const joined = new Uint8Array(head.length + piece.length);
      joined.set(head);
      joined.set(piece, head.length);
      head = joined;
      if (head.length < HEAD) return;
      backup = wasm_bindgen.Backup.open(head.subarray(0, HEAD), password);
      if (head.length > HEAD) backup.feed(head.subarray(HEAD));
    };
    for (const [at, part] of parts.entries()) {
      take(bytes(part.textContent));
      bar.value = (100 * (at + 1)) / parts.length;
      await frame();
    }
    backup ??= wasm_bindgen.Backup.open(head, password);
    return backup.finish();
  }

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.textContent = text;
    return made;
  }

  function show(held) {
    field.value = "";
    one("#locked").hidden = true;
    one("#opened").hidden = false;
    document.title = `Signet backup of ${held.username()}`;
    const heading = one("header h1");
    heading.textContent = document.title;
    heading.tabIndex = -1;
    heading.focus();
    one("#made").textContent = `Made on ${new Date(held.created()).toLocaleString()}`;
    const nav = one("nav");
    for (let at = 0; at < held.conversations(); at++) {
      const entry = element("button", "", held.title(at) || "Somebody unknown");
      entry.type = "button";
      entry.addEventListener("click", () => {
        for (const other of nav.children) other.removeAttribute("aria-current");
        entry.setAttribute("aria-current", "true");
        read(held, at);
      });
      nav.append(entry);
    }
    if (nav.firstElementChild) nav.firstElementChild.click();
    else nav.append(element("p", "", "There are no conversations in this backup."));
  }

  function read(held, conversation) {
    const log = one("section");
    const other = held.title(conversation) || "Somebody unknown";
    const count = held.messages(conversation);
    const make = (from, to) => {
      const made = [];
      let day = "";
      for (let at = from; at < to; at++) {
        const sent = new Date(held.sent(conversation, at));
        const today = sent.toLocaleDateString(undefined, { dateStyle: "full" });
        if (today !== day) made.push(element("h2", "", (day = today)));
        const mine = held.mine(conversation, at);
        const message = element("article", mine ? "mine" : "", "");
        message.append(element("p", "who", `${mine ? "You" : other}, ${sent.toLocaleTimeString(undefined, { timeStyle: "short" })}`));
        message.append(element("p", "text", held.text(conversation, at) ?? "(of a kind that this reader does not know)"));
        made.push(message);
      }
      return made;
    };
    let from = Math.max(0, count - SHOWN);
    const older = element("button", "", "Show earlier messages");
    older.type = "button";
    older.hidden = from === 0;
    older.addEventListener("click", () => {
      const before = Math.max(0, from - SHOWN);
      older.after(...make(before, from));
      from = before;
      older.hidden = from === 0;
    });
    log.replaceChildren(older, ...make(from, count));
    if (count === 0) log.append(element("p", "", "There are no messages in this conversation."));
    log.scrollTop = log.scrollHeight;
  }
});
