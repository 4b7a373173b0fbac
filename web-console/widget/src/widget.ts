// Puts the parts together: what the visitor wants goes to the conversation, what it has to say to the line, what it knows to the page.

import { Conversation } from './conversation';
import type { Appearance, Heard, Said } from './frames';
import type { Keep } from './keep';
import { Line } from './line';
import styles from './style.css?inline';
import { textOn } from './view/colour';
import { Launcher } from './view/launcher';
import { Panel } from './view/panel';
import { refusal } from './view/refusal';
import { locale } from './words';

const TICK_MS = 1_000;
const REFUSAL_COLOUR = '#1b2430';
/** 128 bits: no two messages have the same id. */
const ID_BYTES = 16;

/** Adds the widget to the page. */
export function mount(look: Appearance, keep: Keep, lineAddress: (visitor: string | null) => string): void {
  const seen = keep.restore();
  const conversation = new Conversation(seen.kept);
  const line = new Line({ address: () => lineAddress(keep.visitor), hear, changed: (state) => {
    if (state === 'lost') conversation.lineIsLost();
    show();
  } });

  const start = (form: Record<string, string>) => conversation.start(form, location.href, navigator.language);
  const launcher = new Launcher(() => open(Boolean(panel.element.hidden)));
  const panel = new Panel(look, {
    start: (answers) => act(() => start(answers)),
    anew: () => act(() => (conversation.anew(), [])),
    say: (text) => act(() => [
      ...(conversation.kept.phase === 'none' ? start({}) : []),
      ...conversation.say(newId(), text, Date.now()),
    ]),
    sayAgain: (id) => act(() => conversation.sayAgain(id, Date.now())),
    type: () => line.say(conversation.type(Date.now())),
    end: () => act(() => conversation.end()),
    minimize: () => open(false),
  });

  function hear(frame: Heard): void {
    if (frame.type === 'welcome') keep.visitor = frame.visitor;
    act(() => conversation.hear(frame, Date.now()));
  }

  function open(opened: boolean): void {
    panel.element.hidden = !opened;
    act(() => []);
    if (opened) panel.opened();
    else launcher.focus();
  }

  /** One change: what it says goes out, what it changed is shown and kept. */
  function act(change: () => Said[]): void {
    line.say(change());
    if (line.state === 'up') line.say(conversation.see(!panel.element.hidden && !document.hidden ? 'read' : 'delivered'));
    const { phase } = conversation.kept;
    if (phase === 'open' || phase === 'starting') line.open();
    else line.close();
    show();
    keep.save(conversation.kept, !panel.element.hidden);
  }

  function show(): void {
    panel.show(conversation, line.state, Date.now());
    launcher.show(!panel.element.hidden, conversation.unread);
  }

  if (keep.was_open && conversation.kept.phase === 'none') conversation.kept.phase = 'open';
  // Open as it was on the page before, but the focus stays where the page put it.
  panel.element.hidden = !seen.panel_open;
  attach(look, launcher.element, panel.element);
  act(() => []);
  document.addEventListener('visibilitychange', () => act(() => []));
  setInterval(() => {
    if (conversation.lineIsDead(Date.now())) line.again();
    line.tick(Date.now());
    if (conversation.typing_until_ms) show();
  }, TICK_MS);
}

/** In the widget's place: why there is none. */
export function mountRefusal(): void {
  const note = refusal(location.origin, () => note.remove());
  attach({ colour: REFUSAL_COLOUR, position: 'right' }, note);
}

function attach(look: Pick<Appearance, 'colour' | 'position'>, ...elements: HTMLElement[]): void {
  const host = document.createElement('ramal-widget');
  host.lang = locale;
  host.dataset['position'] = look.position;
  host.style.setProperty('--accent', look.colour, 'important');
  host.style.setProperty('--on-accent', textOn(look.colour), 'important');
  const root = host.attachShadow({ mode: 'open' });
  // A constructed sheet passes a page's content policy without 'unsafe-inline'.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  root.adoptedStyleSheets = [sheet];
  root.append(...elements);
  document.body.append(host);
}

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(ID_BYTES)), (byte) => byte.toString(16).padStart(2, '0')).join('');
