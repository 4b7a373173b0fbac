// What a browser has to fetch before an agent can work, gzipped, against its limit. Fails the build when it grew beyond.

import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const FIRST_LOAD_KIB = 120;
const WIDGET_KIB = 25;

const dist = new URL('../dist/', import.meta.url);
const kib = (name) => gzipSync(readFileSync(new URL(name, dist))).length / 1024;
const scripts = readdirSync(new URL('assets/', dist)).filter((name) => name.endsWith('.js'));

// What administrators and supervisors alone open is loaded when they do.
const later = /^(admin|supervise|call_log)/;
const first = scripts.filter((name) => !later.test(name)).reduce((sum, name) => sum + kib(`assets/${name}`), 0);
const widget = kib('widget.js');

const faults = [];
if (first > FIRST_LOAD_KIB) faults.push(`the console's scripts: ${first.toFixed(1)} KiB of ${FIRST_LOAD_KIB}`);
if (widget > WIDGET_KIB) faults.push(`the widget: ${widget.toFixed(1)} KiB of ${WIDGET_KIB}`);
if (faults.length > 0) {
  console.error(`over budget: ${faults.join(', ')}`);
  process.exit(1);
}
