// The vault's worker: starts the module that alone holds keys and opened messages.
// The build fills in the names and hashes of the files.

import init, { start } from "{{asset:vault.js}}";
import { share } from "{{asset:vault-parts.js}}";

// The page asks at once; what comes before the vault stands is kept in order. Set before the first `await`.
const early = [];
self.onmessage = (event) => early.push(event.data);

// A vault that broke off must not go on half alive: it tells its page, and ends, which hands the lock to another tab.
function fault(error) {
  self.postMessage(String(error?.message ?? error));
  self.close();
}
self.addEventListener("error", (event) => fault(event.error ?? event.message));
self.addEventListener("unhandledrejection", (event) => fault(event.reason));

try {
  const module = await fetch("{{asset:vault_bg.wasm}}", { integrity: "{{integrity:vault_bg.wasm}}" });
  share(await init({ module_or_path: module }));
  start(); // takes over onmessage
  for (const data of early) {
    self.dispatchEvent(new MessageEvent("message", { data }));
  }
} catch (error) {
  fault(error);
}
