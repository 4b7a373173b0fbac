// Makes a screenshot small enough to be kept with the sources: no more than 256 colours, which flat pages hardly miss.

import { deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MOST_COLOURS = 256;
// Squares of distances of red, green and blue, summed.
const ALIKE = 14 * 14;
const TRUE_COLOUR = 2;
const PALETTE = 3;
const WITH_ALPHA = 6;

/** The same picture with a palette (PNG, 8 bits, not interlaced, as Chromium writes it). */
export function small(png) {
  const { width, height, pixels } = decoded(png);
  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const palette = chosen([...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour));
  const places = new Map(palette.map((colour, at) => [colour, at]));
  for (const colour of counts.keys()) if (!places.has(colour)) places.set(colour, nearest(palette, colour));
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = places.get(pixels[y * width + x]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, PALETTE, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([SIGNATURE, chunk('IHDR', head), chunk('PLTE', colours), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

// The most frequent first, and of those that look alike one: a small mark of another colour must not turn grey.
function chosen(byCount) {
  const palette = [];
  for (const colour of byCount) {
    if (palette.length === MOST_COLOURS) break;
    if (palette.every((other) => distance(colour, other) > ALIKE)) palette.push(colour);
  }
  for (const colour of byCount) {
    if (palette.length === MOST_COLOURS) break;
    if (!palette.includes(colour)) palette.push(colour);
  }
  return palette;
}

function nearest(palette, colour) {
  let best = 0;
  palette.forEach((other, at) => {
    if (distance(colour, other) < distance(colour, palette[best])) best = at;
  });
  return best;
}

function distance(one, other) {
  const [r, g, b] = [16, 8, 0].map((shift) => ((one >> shift) & 255) - ((other >> shift) & 255));
  return r * r + g * g + b * b;
}

function decoded(png) {
  const data = [];
  let head;
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const kind = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (kind === 'IHDR') head = body;
    if (kind === 'IDAT') data.push(body);
    at += 12 + length;
  }
  const [width, height, type] = [head.readUInt32BE(0), head.readUInt32BE(4), head[9]];
  if (head[8] !== 8 || head[12] !== 0 || ![TRUE_COLOUR, WITH_ALPHA].includes(type)) throw new Error('not a PNG as Chromium writes it');
  return { width, height, pixels: unfiltered(inflateSync(Buffer.concat(data)), width, height, type === WITH_ALPHA ? 4 : 3) };
}

// PNG (ISO/IEC 15948) section 9: each row tells by which neighbours its octets were foretold.
function unfiltered(rows, width, height, step) {
  const stride = width * step;
  const octets = Buffer.alloc(stride * height);
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const filter = rows[y * (stride + 1)];
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x >= step ? octets[at - step] : 0;
      const above = y > 0 ? octets[at - stride] : 0;
      const corner = x >= step && y > 0 ? octets[at - stride - step] : 0;
      octets[at] = rows[y * (stride + 1) + 1 + x] + [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter];
    }
  }
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = (octets[at * step] << 16) | (octets[at * step + 1] << 8) | octets[at * step + 2];
  return pixels;
}

function paeth(left, above, corner) {
  const guess = left + above - corner;
  const [a, b, c] = [left, above, corner].map((one) => Math.abs(guess - one));
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

function chunk(kind, body) {
  const whole = Buffer.concat([Buffer.from(kind, 'latin1'), body]);
  const out = Buffer.alloc(whole.length + 8);
  out.writeUInt32BE(body.length, 0);
  whole.copy(out, 4);
  out.writeUInt32BE(crc(whole), whole.length + 4);
  return out;
}

function crc(octets) {
  let rest = 0xffffffff;
  for (const octet of octets) {
    rest ^= octet;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return (rest ^ 0xffffffff) >>> 0;
}
