import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { request } from "node:https";
import { request as plainRequest } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const PROGRAM = process.env.SIGNET_RELAY ?? here("../target/release/signet");
export const CERTIFICATE = here("../certs/cert.pem");
export const KEY = here("../certs/key.pem");

/** All tests come from one address and sign in many times; what one account may do stays as it is. */
const LIMITS = {
  SIGNET_LIMITS_REGISTER_PER_ADDRESS_HOUR: "10000",
  SIGNET_LIMITS_LOGIN_PER_ADDRESS_MINUTE: "10000",
  SIGNET_LIMITS_LOGIN_PER_MINUTE: "1000",
  SIGNET_LIMITS_SOCKETS_PER_ADDRESS: "1000",
  SIGNET_LIMITS_CONNECTIONS_PER_ADDRESS: "2000",
};

export type RelayOptions = {
  /** Plain HTTP on loopback, as behind a proxy at this address. */
  behind?: string;
  limits?: Record<string, string>;
};

/** The built relay as a process of its own, on its own folder, which can die and come back. */
export class Relay {
  readonly logs: string[] = [];
  private process?: ChildProcess;

  private constructor(
    readonly port: number,
    readonly data: string,
    private readonly options: RelayOptions,
  ) {}

  static async start(options: RelayOptions = {}): Promise<Relay> {
    if (!existsSync(PROGRAM)) throw new Error(`there is no relay to test. Run \`cargo xtask build\` first.`);
    if (!existsSync(CERTIFICATE)) throw new Error(`there is no certificate. \`cargo xtask test\` makes it in certs/.`);
    const relay = new Relay(await freePort(), mkdtempSync(join(tmpdir(), "signet-end2end-")), options);
    await relay.restart();
    return relay;
  }

  get url(): string {
    return this.options.behind ?? `https://localhost:${this.port}`;
  }

  /** Starts the process on the same port and data, and waits until it is ready. */
  async restart(): Promise<void> {
    const listen = `127.0.0.1:${this.port}`;
    const transport = this.options.behind
      ? ["--public-url", this.options.behind]
      : ["--tls-cert", CERTIFICATE, "--tls-key", KEY];
    const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("SIGNET_"));
    // A write beyond the limit of [full] is to fail, as on a full disk, and not to kill.
    const shell = ["-c", `trap '' XFSZ; exec "$0" "$@"`, PROGRAM];
    const child = spawn("/bin/sh", [...shell, "serve", "--listen", listen, "--data", this.data, ...transport], {
      env: { ...Object.fromEntries(environment), ...LIMITS, RUST_LOG: "debug", ...this.options.limits },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const keep = (text: string) => this.logs.push(text);
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    this.process = child;
    await this.ready(child);
  }

  /** What the operator runs beside the relay; answers what it prints. */
  admin(...words: string[]): string {
    return execFileSync(PROGRAM, ["admin", ...words, "--data", this.data], { encoding: "utf8" }).trim();
  }

  /** `kill -9`: no farewell, nothing written that was not written already. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** As if the disk were full from now on: the system lets none of the relay's files grow or change. */
  full(): void {
    this.limitFiles("1");
  }

  roomAgain(): void {
    this.limitFiles("unlimited");
  }

  private limitFiles(bytes: string): void {
    execFileSync("prlimit", [`--pid=${this.process?.pid}`, `--fsize=${bytes}:unlimited`]);
  }

  /** Ends the process and removes its folder. */
  async stop(): Promise<void> {
    await this.end("SIGKILL");
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Ends the process as an administrator would. */
  async finish(): Promise<void> {
    await this.end("SIGTERM");
  }

  /** Everything that the relay has on disk, by file name. */
  files(): Map<string, Buffer> {
    const names = readdirSync(this.data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return new Map(names.map((entry) => [entry.name, readFileSync(join(entry.path, entry.name))]));
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  private async ready(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`the relay ended at once:\n${this.logs.join("")}`);
      if (await this.healthy()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the relay did not get ready:\n${this.logs.join("")}`);
  }

  private healthy(): Promise<boolean> {
    const ask = this.options.behind ? plainRequest : request;
    const scheme = this.options.behind ? "http" : "https";
    return new Promise((resolve) => {
      const asked = ask(`${scheme}://127.0.0.1:${this.port}/readyz`, { rejectUnauthorized: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      asked.on("error", () => resolve(false));
      asked.end();
    });
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
