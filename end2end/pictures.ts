import { deflateSync } from "node:zlib";
import type { Locator, Page } from "@playwright/test";

/** Grey pixels, row after row, 255 for white. */
export type Picture = { width: number; height: number; grey: Uint8Array };

/** A QR code that says https://example.org/somewhere, `#` for a dark module. */
const SOMETHING_ELSE = `
#######..##..####.....#######
#.....#....#.###..##..#.....#
#.###.#.#.##.##.###.#.#.###.#
#.###.#...#....##.#...#.###.#
#.###.#.#.#.##....#...#.###.#
#.....#.###.#.#..####.#.....#
#######.#.#.#.#.#.#.#.#######
.........##....#.#...........
.#..#.#.#.###...##..##.##.#..
..##.....###.#...##...#######
.#.##.#..#.##.##.##..#..#.#.#
..###..####...#####..#..##.##
.#....##....#.##.#.....#.#..#
#...##.###..###.......#.#.###
###..##.##.##..####.#...#...#
...###.#..##.....##.#.##.#...
#.#..#####.##.##..####.....##
#.#..#..#...#...#.#...###.#.#
....###..###.##.##..#...###.#
..####.#####.....#.##..#....#
##...##.#..#.#.#.#.#######.##
........####.#.#.####...#.#.#
#######..##..#.#..###.#.#...#
#.....#....##.##...##...##.#.
#.###.#.##...##.#..######..##
#.###.#..#.#.##..##....#...#.
#.###.#....#####.#####...####
#.....#.##.##.####.##.##.#.##
#######..#.###...#..##..#..#.`.trim().split("\n");

export function somethingElse(): Picture {
  const [scale, edge] = [8, 4];
  const side = (SOMETHING_ELSE.length + 2 * edge) * scale;
  const grey = new Uint8Array(side * side).map((_, at) => {
    const [x, y] = [at % side, Math.floor(at / side)].map((place) => Math.floor(place / scale) - edge);
    return SOMETHING_ELSE[y!]?.[x!] === "#" ? 0 : 255;
  });
  return { width: side, height: side, grey };
}

export function white(width: number, height: number): Picture {
  return { width, height, grey: new Uint8Array(width * height).fill(255) };
}

/** What stands on the screen there, as a photo of it. */
export async function photo(page: Page, of: Locator): Promise<Picture> {
  const png = (await of.screenshot()).toString("base64");
  const [width, height, grey] = await page.evaluate(async (png) => {
    const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return [bitmap.width, bitmap.height, Array.from(data).filter((_, at) => at % 4 === 1)] as const;
  }, png);
  return { width, height, grey: Uint8Array.from(grey) };
}

function crc(bytes: Buffer): number {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

export function png({ width, height, grey }: Picture): Buffer {
  const chunk = (kind: string, body: Buffer) => {
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    const named = Buffer.concat([Buffer.from(kind), body]);
    sum.writeUInt32BE(crc(named));
    return Buffer.concat([length, named, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  const rows = Array.from({ length: height }, (_, y) => Buffer.from([0, ...grey.subarray(y * width, (y + 1) * width)]));
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([magic, chunk("IHDR", head), chunk("IDAT", deflateSync(Buffer.concat(rows))), chunk("IEND", Buffer.alloc(0))]);
}

/** Some frames of a camera before which the picture is held, as Chromium's own false camera reads them. */
export function film(picture: Picture): Buffer {
  const [width, height] = [640, 480];
  const light = Buffer.alloc(width * height, 200);
  const [left, top] = [Math.floor((width - picture.width) / 2), Math.floor((height - picture.height) / 2)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [px, py] = [x - left, y - top];
      const inside = px >= 0 && py >= 0 && px < picture.width && py < picture.height;
      // A screen is not as black and white as it says.
      if (inside) light[y * width + x] = 40 + Math.round(picture.grey[py * picture.width + px]! * 0.75);
    }
  }
  const frame = [Buffer.from("FRAME\n"), light, Buffer.alloc((width * height) / 2, 128)];
  return Buffer.concat([Buffer.from("YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n"), ...frame, ...frame, ...frame]);
}
