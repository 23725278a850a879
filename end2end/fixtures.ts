import { test as base, expect, type Browser, type BrowserContext, type Page } from "@playwright/test";
import { freePort, Relay } from "./relay.ts";
import { Tap } from "./tap.ts";

/** What no page may ever do, whatever is tested: break the content security policy, or throw. */
export class Watch {
  readonly violations: string[] = [];
  readonly faults: string[] = [];
  readonly strangers: string[] = [];

  constructor(private readonly origin: string) {}

  async over(context: BrowserContext): Promise<void> {
    await context.exposeBinding("signetTestViolation", (_source, what: string) => void this.violations.push(what));
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const tell = (window as unknown as { signetTestViolation(what: string): void }).signetTestViolation;
        tell(`${event.effectiveDirective} refused ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`);
      });
    });
    context.on("console", (message) => {
      if (/content security policy|trusted ?(html|script|type)/i.test(message.text())) this.violations.push(message.text());
      // The browser's own report of a refused request, or of one that leaving the page broke off, is no fault of the page.
      else if (message.type() === "error" && !/Failed to load resource|Fetch API cannot load|WebSocket connection/.test(message.text())) {
        this.faults.push(message.text());
      }
    });
    context.on("weberror", (error) => this.faults.push(String(error.error())));
    context.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(this.origin) && !/^(blob|data):/.test(url)) this.strangers.push(url);
    });
  }

  check(): void {
    expect(this.violations, "violations of the content security policy").toEqual([]);
    expect(this.faults, "errors in the pages").toEqual([]);
    expect(this.strangers, "requests to other sites").toEqual([]);
  }
}

export type People = {
  /** What a file of tests sets for its relay. */
  limits: Record<string, string>;
  relay: Relay;
  /** A browser profile of its own: other cookies, other storage. */
  newBrowser: (name?: string) => Promise<BrowserContext>;
  /** A first page in a profile of its own. */
  newPage: () => Promise<Page>;
};

export const test = base.extend<People>({
  limits: [{}, { option: true }],
  relay: async ({ limits }, use, info) => {
    const relay = await Relay.start({ limits });
    await use(relay);
    if (info.status !== info.expectedStatus) {
      await info.attach("relay.log", { body: relay.logs.join(""), contentType: "text/plain" });
      console.log(relay.logs.join("").split("\n").slice(-40).join("\n"));
    }
    await relay.stop();
  },
  newBrowser: async ({ browser, relay }, use) => {
    const watch = new Watch(relay.url);
    const open: BrowserContext[] = [];
    await use(async () => {
      const context = await profile(browser, relay);
      await watch.over(context);
      open.push(context);
      return context;
    });
    await Promise.all(open.map((context) => context.close()));
    watch.check();
  },
  newPage: async ({ newBrowser }, use) => {
    await use(async () => (await newBrowser()).newPage());
  },
});

/** The same people at a relay behind a tap, which hears every byte and can lie. */
export const tapped = test.extend<{ tap: Tap }>({
  relay: async ({}, use) => {
    const relay = await Relay.start({ behind: `https://localhost:${await freePort()}` });
    await use(relay);
    await relay.stop();
  },
  tap: [
    async ({ relay }, use) => {
      const tap = await Tap.start(Number(new URL(relay.url).port), () => relay.port);
      await use(tap);
      await tap.stop();
    },
    { auto: true },
  ],
});

export function profile(browser: Browser, relay: Relay): Promise<BrowserContext> {
  return browser.newContext({ baseURL: relay.url, ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 } });
}

export { expect };
