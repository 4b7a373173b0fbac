// Puts a gzipped copy beside each file of dist/ that gains by it: the gateway sends it as it is.

import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const TEXT = /\.(css|html|js|svg)$/;
// Below it a packet is a packet.
const LEAST_OCTETS = 1400;

const dist = new URL('../dist/', import.meta.url);
for (const name of readdirSync(dist, { recursive: true }).filter((one) => TEXT.test(one))) {
  const file = new URL(name, dist);
  if (statSync(file).size < LEAST_OCTETS) continue;
  writeFileSync(new URL(`${name}.gz`, dist), gzipSync(readFileSync(file), { level: 9 }));
}
