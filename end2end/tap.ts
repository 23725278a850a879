import { readFileSync } from "node:fs";
import { request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CERTIFICATE, KEY } from "./relay.ts";

/** One body or frame, as the relay saw or wrote it. */
export type Heard = { what: string; bytes: Buffer };

/** What a relay would say instead. Without one, it says what it says. */
export type Lies = {
  /** The body of an answer to this request (`POST /api/lookup`). */
  answer?: (what: string, body: Buffer) => Buffer;
  /** The frames in the place of one of the relay's. */
  frame?: (payload: Buffer) => Buffer[];
};

/**
 * Stands between browsers and a relay without TLS, and keeps every header, body and WebSocket frame of both directions.
 * Unlike what a browser's own tools tell, nothing that a worker does can pass it by. And it can lie in the relay's place.
 */
export class Tap {
  readonly heard: Heard[] = [];
  lies: Lies = {};
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
        // Assets are the same for everyone, and compressed: they were there before anyone wrote anything.
        if (asked.url?.startsWith("/assets/")) {
          answer.writeHead(answered.statusCode ?? 502, answered.headers);
          answered.pipe(answer);
          return;
        }
        const said: Buffer[] = [];
        answered.on("data", (bytes: Buffer) => (this.keep(`${what} answer`, bytes), said.push(bytes)));
        answered.on("end", () => {
          const truth = Buffer.concat(said);
          const body = answered.statusCode === 200 ? (this.lies.answer?.(what, truth) ?? truth) : truth;
          const headers = { ...answered.headers };
          if (headers["content-length"] !== undefined) headers["content-length"] = String(body.length);
          answer.writeHead(answered.statusCode ?? 502, headers).end(body);
        });
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
    const down = new Frames(
      (bytes, first) => {
        this.keep("frame from the relay", bytes);
        const said = first === BINARY ? (this.lies.frame?.(bytes) ?? [bytes]) : [bytes];
        for (const payload of said) browser.write(framed(first, payload));
      },
      (greeting) => {
        this.keep("frame from the relay", greeting);
        browser.write(greeting);
      },
    );
    browser.on("data", (bytes: Buffer) => (up.take(bytes), relay.write(bytes)));
    relay.on("data", (bytes: Buffer) => down.take(bytes));
    for (const [one, other] of [[browser, relay], [relay, browser]] as const) {
      this.open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => (other.destroy(), this.open.delete(one)));
    }
  }
}

/** The first byte of a whole frame of bytes. */
const BINARY = 0x82;

/** A server's frame: without a mask. */
function framed(first: number, payload: Buffer): Buffer {
  const size = payload.length;
  const head = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = size < 126 ? size : size < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(size, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([head, payload]);
}

/** Cuts a stream of WebSocket frames into payloads, with a browser's mask taken off. */
export class Frames {
  private rest = Buffer.alloc(0);

  /** `first` is a frame's first byte. What comes before all frames, up to its empty line, is the `greeting`. */
  constructor(
    private readonly each: (payload: Buffer, first: number) => void,
    private greeting?: (head: Buffer) => void,
  ) {}

  take(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    if (this.greeting) {
      const end = this.rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.greeting(this.rest.subarray(0, end + 4));
      this.rest = this.rest.subarray(end + 4);
      this.greeting = undefined;
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
    this.each(payload, first);
    return at + length;
  }
}
