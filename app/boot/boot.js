// Starts the page: looks whether this browser has what Signet needs, and says so in plain words where it has not.
// The build fills in the names and hashes of the files.

const WORKER = new URL("{{asset:vault-worker.js}}", location.href).href;

await boot();

async function boot() {
  const missing = await whatIsMissing();
  if (missing !== null) {
    tell(missing);
    return;
  }
  guardSinks();
  // Where the page's module finds the vault's worker.
  document.documentElement.dataset.vaultWorker = WORKER;
  // And the page that an export can be, which is fetched for one only.
  document.documentElement.dataset.reader = "{{asset:reader.html}}";
  document.documentElement.dataset.readerIntegrity = "{{integrity:reader.html}}";
  try {
    const [page, parts, module] = await Promise.all([
      import("{{asset:page.js}}"),
      import("{{asset:page-parts.js}}"),
      fetch("{{asset:page_bg.wasm}}", { integrity: "{{integrity:page_bg.wasm}}" }),
    ]);
    parts.share(await page.default({ module_or_path: module }));
    await page.ready();
    const place = document.createElement("div");
    page.start(place);
    takeOver(place.firstElementChild);
  } catch (error) {
    // Whoever leaves while the module is on its way breaks it off, which is no fault to be told of.
    await new Promise((resolve) => setTimeout(resolve, 300));
    console.error("boot:", error);
    tell("missing-page");
  }
}

// Puts the living page in the place of its fixed twin, in one step between two frames: the same elements, with what was
// typed, ticked, chosen and focused meanwhile.
function takeOver(living) {
  const fixed = document.getElementById("app");
  const at = document.activeElement;

  // A page with nothing living in it is taken over as it is, and so is what is focused there.
  let focused = living.contains(at) ? at : null;
  const controls = "a, button, input, select, textarea";
  const twins = living.querySelectorAll(controls);
  fixed.querySelectorAll(controls).forEach((old, index) => {
    const twin = twins[index];
    if (twin?.localName !== old.localName || twin.id !== old.id) return;
    if (old === at) focused = twin;
    if (!isTouched(old)) return;
    twin.value = old.value;
    twin.checked = old.checked;
    for (const kind of ["input", "change"]) twin.dispatchEvent(new Event(kind, { bubbles: true }));
  });

  // Read before the swap, which takes focus and selection away.
  const [from, to, direction] = [at?.selectionStart, at?.selectionEnd, at?.selectionDirection];
  fixed.replaceWith(living);
  focused?.focus({ preventScroll: true });
  if (typeof from === "number") focused?.setSelectionRange(from, to, direction);
}

function isTouched(control) {
  if (control.localName === "select") return control.selectedIndex > 0;
  if (control.type === "checkbox") return control.checked !== control.defaultChecked;
  return "defaultValue" in control && control.value !== control.defaultValue;
}

// The id of the element of the page that names what is missing and why it is needed, or null.
async function whatIsMissing() {
  if (!window.isSecureContext) return "missing-secure-context";
  if (!mayCompile()) return "missing-webassembly";
  if (!mayKeepCookies()) return "missing-cookies";
  if (typeof BroadcastChannel !== "function" || !navigator.locks || typeof AbortSignal?.timeout !== "function") {
    return "missing-browser";
  }
  if (!(await mayStore())) return "missing-storage";
  return null;
}

// Not only whether WebAssembly is there: a policy or a browser's strict mode may forbid compiling.
function mayCompile() {
  try {
    // The smallest module: its magic number and version.
    return new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

// What the browser says of itself does not tell of a choice for this site. The cookie is gone again at once.
function mayKeepCookies() {
  const cookie = "__Host-signet-check=1; Path=/; Secure; SameSite=Strict";
  try {
    document.cookie = cookie;
    return document.cookie.includes("__Host-signet-check=1");
  } catch {
    return false;
  } finally {
    document.cookie = `${cookie}; Max-Age=0`;
  }
}

// A database of its own, so that the vault's is never open in a page. A browser in a private mode may refuse it.
function mayStore() {
  const name = "signet-check";
  return new Promise((resolve) => {
    try {
      sessionStorage.getItem(name);
      const request = indexedDB.open(name);
      request.onerror = () => resolve(false);
      request.onsuccess = () => {
        request.result.close();
        indexedDB.deleteDatabase(name);
        resolve(true);
      };
    } catch {
      resolve(false);
    }
  });
}

// Trusted Types: strings reach the browser's dangerous sinks through here alone.
function guardSinks() {
  if (!window.trustedTypes) return;
  // Nothing here makes HTML of strings; a library that did would find that anything that could run is refused.
  const runs = /<\/?(script|iframe|object|embed|base|link|meta)\b|\son\w+\s*=|javascript:/i;
  window.trustedTypes.createPolicy("default", {
    createHTML: (html) => (runs.test(html) ? null : html),
    createScriptURL: (url) => (new URL(url, location.href).href === WORKER ? url : null),
  });
}

function tell(id) {
  const section = document.getElementById(id) ?? document.getElementById("missing-browser");
  if (section) section.hidden = false;
}
