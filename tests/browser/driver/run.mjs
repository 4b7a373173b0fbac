// Chromium in the hands of a Rust test: one JSON object a line comes in, `{id, verb, ...}`, one goes out, `{id, value}` or
// `{id, fault}`. Ends, with the browser, when its input ends.
//
//   node run.mjs SOUND.wav [PICTURE.y4m]     what the fake microphone hears and the fake camera sees, over and over

import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

import { small } from './small_png.mjs';

// Debian's; another place may be named where there is another.
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
// The Rust side's deadlines are shorter for what a test waits for; this one only ends what hangs.
const STEP_TIMEOUT_MS = 100_000;

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const [sound, picture] = process.argv.slice(2);

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  timeout: STEP_TIMEOUT_MS,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--allow-loopback-in-peer-connection',
    // Hosts that are not this one, as far as the browser can tell.
    '--host-resolver-rules=MAP *.test 127.0.0.1',
    '--autoplay-policy=no-user-gesture-required',
    `--use-file-for-fake-audio-capture=${sound}`,
    ...(picture ? [`--use-file-for-fake-video-capture=${picture}`] : []),
  ],
});
// A context is one person's browser: its cookies and what it keeps are its own.
async function person() {
  const made = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-US', viewport: { width: 1366, height: 768 } });
  made.setDefaultTimeout(STEP_TIMEOUT_MS);
  await made.addInitScript({ path: here('ear.js') });
  return made;
}
const context = await person();

const pages = new Map();
// What the consoles of all pages complained of, a violated content policy among it.
const problems = [];

const verbs = {
  // Opens a page; from then on its console is on our standard error.
  // With `alone` it belongs to a person of its own.
  async open({ page: name, url, alone = false }) {
    const page = await (alone ? await person() : context).newPage();
    pages.set(name, page);
    page.on('console', (message) => {
      console.error(`[${name}] ${message.text()}`);
      if (['error', 'warning'].includes(message.type())) problems.push(message.text());
    });
    page.on('pageerror', (error) => {
      console.error(`[${name}] uncaught: ${error.stack}`);
      problems.push(error.message);
    });
    await page.goto(url);
  },
  // Opens the JsSIP phone.
  phone: async ({ page: name }) => verbs.open({ page: name, url: await phonePage() }),
  // Calls `window[object][method](...arguments)` and waits for its promise.
  call: ({ page, object, method, args }) =>
    at(page).evaluate(([o, m, a]) => window[o][m](...a), [object, method, args]),
  click: ({ page, selector }) => at(page).click(selector),
  choose: ({ page, selector, value }) => at(page).selectOption(selector, value),
  fill: ({ page, selector, text }) => at(page).fill(selector, text),
  press: ({ page, key }) => at(page).keyboard.press(key),
  // Waits until the first element that fits shows this text, or until it is gone for `text: null`.
  see: ({ page, selector, text }) =>
    text === null
      ? at(page).locator(selector).first().waitFor({ state: 'hidden' })
      : at(page).locator(selector).filter({ hasText: text, visible: true }).first().waitFor(),
  text: ({ page, selector }) => at(page).locator(selector).first().innerText(),
  // What each that fits says now.
  texts: ({ page, selector }) => at(page).locator(selector).allInnerTexts(),
  count: ({ page, selector }) => at(page).locator(selector).count(),
  // Types key by key, as a person does.
  type: ({ page, text }) => at(page).keyboard.type(text),
  // Waits until a player has its sound; how many seconds there are.
  sound: ({ page, selector }) =>
    at(page).locator(selector).first().evaluate((player) => new Promise((loaded, failed) => {
      if (player.readyState > 0) return loaded(player.duration);
      player.onloadedmetadata = () => loaded(player.duration);
      player.onerror = () => failed(new Error('no sound'));
    })),
  // Plays a sound; its player is at this second by then.
  play: ({ page, selector, seconds }) =>
    at(page).locator(selector).first().evaluate((player, until) => new Promise((played, failed) => {
      player.ontimeupdate = () => player.currentTime >= until && played(player.currentTime);
      player.onerror = () => failed(new Error('no sound'));
      player.play().catch(failed);
    }), seconds),
  // From now on the page notes when each element with this attribute is first on the screen.
  watch: ({ page, attribute }) =>
    at(page).evaluate((name) => {
      const seen = (window.firstSeen ??= {});
      const look = () => {
        const fresh = [...document.querySelectorAll(`[${name}]`)].map((one) => one.getAttribute(name)).filter((key) => !(key in seen));
        for (const key of fresh) {
          seen[key] = null;
          // A task that a frame puts off runs once that frame is painted.
          requestAnimationFrame(() => setTimeout(() => (seen[key] = Date.now())));
        }
      };
      new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: [name] });
      look();
    }, attribute),
  // When they were, in milliseconds since 1970, by what the attribute says.
  watched: ({ page }) => at(page).evaluate(() => window.firstSeen),
  value: ({ page, selector }) => at(page).locator(selector).first().inputValue(),
  clipboard: ({ page }) => at(page).evaluate(() => navigator.clipboard.readText()),
  attribute: ({ page, selector, name }) => at(page).locator(selector).first().getAttribute(name),
  // All that is computed of its style, once nothing around it moves any more.
  looks: ({ page, selector }) =>
    at(page).locator(selector).first().evaluate(async (one) => {
      await Promise.all(one.getRootNode().getAnimations().map((animation) => animation.finished));
      const style = getComputedStyle(one);
      return Object.fromEntries([...style].map((name) => [name, style.getPropertyValue(name)]));
    }),
  // Names its web address from here on.
  go: ({ page, url }) => at(page).goto(url),
  allow: ({ page, permissions }) => at(page).context().grantPermissions(permissions),
  upload: ({ page, selector, path }) => at(page).setInputFiles(selector, path),
  cut: ({ page, cut }) => at(page).context().setOffline(cut),
  title: ({ page }) => at(page).title(),
  // Whether the browser trusts it with a microphone.
  secure: ({ page }) => at(page).evaluate(() => window.isSecureContext),
  reload: ({ page }) => at(page).reload(),
  close: ({ page }) => at(page).close(),
  offline: ({ offline }) => context.setOffline(offline),
  // Of what stands still: no blinking caret, no motion.
  async screenshot({ page, path }) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, small(await at(page).screenshot({ animations: 'disabled', caret: 'hide' })));
  },
  // What its scripts weighed as they came, in octets.
  scripts: ({ page }) =>
    at(page).evaluate(() =>
      performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).map(({ name, encodedBodySize }) => ({ name, octets: encodedBodySize })),
    ),
  // How the children of an element lie: on how many lines, and which words of it do not fit their place.
  layout: ({ page, selector }) =>
    at(page).locator(selector).first().evaluate((place) => {
      const boxes = [...place.children].map((one) => one.getBoundingClientRect()).filter(({ width }) => width > 0);
      const spills = [...place.querySelectorAll('span')].filter((one) => one.scrollWidth > one.clientWidth && one.clientWidth > 0);
      return { lines: new Set(boxes.map(({ top }) => Math.round(top))).size, spills: spills.map((one) => one.textContent) };
    }),
  // Whether no place around it cuts any of it off at its sides.
  whole: ({ page, selector }) =>
    at(page).locator(selector).first().evaluate((one) => {
      const own = one.getBoundingClientRect();
      for (let place = one.parentElement; place; place = place.parentElement) {
        const around = place.getBoundingClientRect();
        if (getComputedStyle(place).overflowX !== 'visible' && (own.right > around.right + 1 || own.left < around.left - 1)) return false;
      }
      return own.width > 0;
    }),
  resize: ({ page, width, height }) => at(page).setViewportSize({ width, height }),
  emulate: ({ page, media }) => at(page).emulateMedia(media),
  // What axe finds wrong for people who cannot see, hear or point as others do; by all its rules, or by these.
  async accessibility({ page, rules }) {
    const axe = new AxeBuilder({ page: at(page) });
    const { violations } = await (rules ? axe.withRules(rules) : axe).analyze();
    return violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html).join(' ')}`);
  },
  problems: () => problems,
  version: () => browser.version(),
};

let phone;
// A page from loopback: only such a one may talk to loopback without asking a person, and gets a microphone over plain HTTP.
function phonePage() {
  phone ??= servePhone();
  return phone;
}

async function servePhone() {
  const bundle = { entryPoints: [here('phone.js')], bundle: true, write: false, format: 'iife', define: { global: 'window' } };
  const script = (await build(bundle)).outputFiles[0].text.replaceAll('</script', '<\\/script');
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>phone</title><link rel="icon" href="data:,"><script>${script}</script>`);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${server.address().port}/`;
}

function at(name) {
  const page = pages.get(name);
  if (!page) throw new Error(`no page ${name}`);
  return page;
}

const say = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);

async function obey({ id, verb, ...parameters }) {
  try {
    say({ id, value: (await verbs[verb](parameters)) ?? null });
  } catch (error) {
    say({ id, fault: error.message });
  }
}

browser.on('disconnected', () => process.exit(0));
for await (const line of createInterface({ input: process.stdin })) obey(JSON.parse(line));
await browser.close();
process.exit(0);
