import { readFileSync } from "node:fs";
import { request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CERTIFICATE, KEY } from "./relay.ts";

/** One body or frame, as the relay saw or wrote it. */
export type Heard = { what: string; bytes: Buffer };

/**
 * Stands between browsers and a relay without TLS, and keeps every header, body and WebSocket frame of both directions.
 * Unlike what a browser's own tools tell, nothing that a worker does can pass it by.
 */
export class Tap {
  readonly heard: Heard[] = [];
  private readonly open = new Set<Duplex>();

  private constructor(readonly port: number, private readonly server: Server) {}

  /** Listens on `port` for a relay that will listen on the port that `relay` tells. */
  static async start(port: number, relay: () => number): Promise<Tap> {
    const server = createServer({ cert: readFileSync(CERTIFICATE), key: readFileSync(KEY), ALPNProtocols: ["http/1.1"] });
    const tap = new Tap(port, server);
    server.on("request", (asked, answer) => tap.exchange(asked, answer, relay()));
    server.on("upgrade", (asked, socket, head) => tap.socket(asked, socket, head, relay()));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return tap;
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private keep(what: string, bytes: Buffer | string): void {
    this.heard.push({ what, bytes: Buffer.from(bytes) });
  }

  private exchange(asked: IncomingMessage, answer: ServerResponse, relay: number): void {
    const what = `${asked.method} ${asked.url}`;
    this.keep(`${what} headers`, asked.rawHeaders.join("\n"));
    const onwards = forward(
      { host: "127.0.0.1", port: relay, method: asked.method, path: asked.url, headers: asked.headers },
      (answered) => {
        this.keep(`${what} answer's headers`, answered.rawHeaders.join("\n"));
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        // Assets are the same for everyone, and compressed: they were there before anyone wrote anything.
        const keep = !asked.url?.startsWith("/assets/");
        answered.on("data", (bytes: Buffer) => keep && this.keep(`${what} answer`, bytes));
        answered.pipe(answer);
      },
    );
    const body: Buffer[] = [];
    asked.on("data", (bytes: Buffer) => body.push(bytes));
    asked.on("end", () => this.keep(`${what} body`, Buffer.concat(body)));
    onwards.on("error", () => answer.destroy());
    asked.pipe(onwards);
  }

  private socket(asked: IncomingMessage, browser: Duplex, head: Buffer, port: number): void {
    const relay: Socket = connect(port, "127.0.0.1");
    const headers = asked.rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("");
    this.keep("upgrade headers", headers);
    relay.write(`GET ${asked.url} HTTP/1.1\r\n${headers}\r\n`);
    relay.write(head);
    const up = new Frames((bytes) => this.keep("frame to the relay", bytes));
    const down = new Frames((bytes) => this.keep("frame from the relay", bytes), true);
    browser.on("data", (bytes: Buffer) => (up.take(bytes), relay.write(bytes)));
    relay.on("data", (bytes: Buffer) => (down.take(bytes), browser.write(bytes)));
    for (const [one, other] of [[browser, relay], [relay, browser]] as const) {
      this.open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => (other.destroy(), this.open.delete(one)));
    }
  }
}

/** Cuts a stream of WebSocket frames into payloads, with a browser's mask taken off. */
export class Frames {
  private rest = Buffer.alloc(0);

  constructor(private readonly each: (payload: Buffer) => void, private greeting = false) {}

  take(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    if (this.greeting) {
      const end = this.rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.each(this.rest.subarray(0, end));
      this.rest = this.rest.subarray(end + 4);
      this.greeting = false;
    }
    for (let size = this.one(); size > 0; size = this.one()) this.rest = this.rest.subarray(size);
  }

  /** The size of the first frame, once it is complete; 0 before that. */
  private one(): number {
    const [first, second] = [this.rest[0], this.rest[1]];
    if (first === undefined || second === undefined) return 0;
    if (first & 0x70) throw new Error("a WebSocket frame with an extension: this tap would not see what it says");
    let at = 2;
    let length = second & 0x7f;
    if (length === 126) {
      if (this.rest.length < 4) return 0;
      length = this.rest.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (this.rest.length < 10) return 0;
      length = Number(this.rest.readBigUInt64BE(2));
      at = 10;
    }
    const masked = (second & 0x80) !== 0;
    const mask = this.rest.subarray(at, at + 4);
    if (masked) at += 4;
    if (this.rest.length < at + length) return 0;
    const payload = Buffer.from(this.rest.subarray(at, at + length));
    if (masked) for (let n = 0; n < payload.length; n++) payload[n] = (payload[n] ?? 0) ^ (mask[n % 4] ?? 0);
    this.each(payload);
    return at + length;
  }
}
