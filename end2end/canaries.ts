/** Looks for secrets in what a relay stores, writes and hears, in every dress in which they might get there. */

export type Hay = { where: string; bytes: Buffer };

/** A secret as itself, in two widths, in hexadecimal, and in base64 at each of the three places in a group of bytes. */
export function dresses(secret: string): Map<string, Buffer> {
  const plain = Buffer.from(secret, "utf8");
  const found = new Map<string, Buffer>([
    ["raw", plain],
    ["UTF-16", Buffer.from(secret, "utf16le")],
    ["hex", Buffer.from(plain.toString("hex"))],
    ["HEX", Buffer.from(plain.toString("hex").toUpperCase())],
    ["reversed", Buffer.from(plain).reverse()],
    ["percent", Buffer.from(encodeURIComponent(secret))],
  ]);
  for (const before of [0, 1, 2]) {
    for (const alphabet of ["base64", "base64url"] as const) {
      const text = Buffer.concat([Buffer.alloc(before), plain]).toString(alphabet).replaceAll("=", "");
      // Characters that hold bits of the neighbours as well are left out.
      const whole = Math.floor(((before + plain.length) * 8) / 6);
      found.set(`${alphabet}+${before}`, Buffer.from(text.slice(Math.ceil((before * 8) / 6), whole)));
    }
  }
  return found;
}

/** Every place where one of the secrets stands, in words. */
export function sightings(secrets: Record<string, string>, hays: Hay[]): string[] {
  const seen: string[] = [];
  for (const [name, secret] of Object.entries(secrets)) {
    for (const [dress, needle] of dresses(secret)) {
      for (const hay of hays) if (hay.bytes.includes(needle)) seen.push(`${name}, ${dress}, in ${hay.where}`);
    }
  }
  return seen;
}

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
/** PKCS#8: version 0, rsaEncryption, then an OCTET STRING (a public key has a BIT STRING in its place). */
const PKCS8 = hex("02 01 00 30 0d 06 09 2a 86 48 86 f7 0d 01 01 01 05 00 04 82");
/** PKCS#1: version 0, then a modulus of 3,072 bits. */
const PKCS1 = hex("02 01 00 02 82 01 81 00");
/** A public modulus of 3,072 bits and the exponent after it. */
const MODULUS = hex("02 82 01 81 00");
const EXPONENT = hex("02 03 01 00 01");

/** Every RSA-3072 public key in the hay, by its modulus. */
export function moduli(hays: Hay[]): bigint[] {
  const found = new Set<bigint>();
  for (const { bytes } of hays) {
    for (let at = bytes.indexOf(MODULUS); at >= 0; at = bytes.indexOf(MODULUS, at + 1)) {
      const start = at + MODULUS.length;
      if (bytes.subarray(start + 384, start + 384 + EXPONENT.length).equals(EXPONENT)) {
        found.add(BigInt(`0x${bytes.subarray(start, start + 384).toString("hex")}`));
      }
    }
  }
  return [...found];
}

/** Places of a private key: by the frames it is written in, and by arithmetic, as a prime of one of the public keys. */
export function privateKeys(hays: Hay[]): string[] {
  const seen: string[] = [];
  const keys = moduli(hays);
  for (const { where, bytes } of hays) {
    for (const [name, frame] of [["PKCS#8", PKCS8], ["PKCS#1", PKCS1]] as const) {
      if (bytes.includes(frame)) seen.push(`${name} in ${where}`);
    }
    for (let at = 0; at + 192 <= bytes.length; at++) {
      const window = bytes.subarray(at, at + 192);
      // A prime of 1,536 bits has its highest and its lowest bit set, from either end.
      for (const [high, low] of [[0, 191], [191, 0]] as const) {
        if (((window[high] ?? 0) & 0x80) === 0 || ((window[low] ?? 0) & 1) === 0) continue;
        const text = high === 0 ? window.toString("hex") : Buffer.from(window).reverse().toString("hex");
        const candidate = BigInt(`0x${text}`);
        if (keys.some((key) => key % candidate === 0n)) seen.push(`a prime of a private key at ${at} in ${where}`);
      }
    }
  }
  return seen;
}
