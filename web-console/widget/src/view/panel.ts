// The dialog: a title, the form or the messages, and what can be done.

import type { Conversation } from '../conversation';
import type { Answers, Appearance } from '../frames';
import type { LineState } from '../line';
import { word } from '../words';
import { Composer } from './composer';
import { h, icon } from './element';
import { Form } from './form';
import { Log } from './log';

/** What the visitor can do here. */
export interface Wishes {
  start(answers: Answers): void;
  anew(): void;
  say(text: string): void;
  sayAgain(id: string): void;
  type(): void;
  end(): void;
  minimize(): void;
}

export class Panel {
  readonly element: HTMLElement;
  private readonly who = h('p', { class: 'who' });
  private readonly line = h('p', { class: 'line', role: 'status' });
  private readonly endButton: HTMLButtonElement;
  private readonly sure: HTMLElement;
  private readonly over: HTMLElement;
  private readonly overText = h('p');
  private readonly log: Log;
  private readonly composer: Composer;
  private readonly form: Form;

  constructor(private readonly look: Appearance, wishes: Wishes) {
    this.log = new Log(look.greeting, wishes.sayAgain);
    this.composer = new Composer(look.text_characters, wishes.say, wishes.type);
    this.form = new Form(look.form, wishes.start);
    this.endButton = iconButton('leave', word('end'), () => this.ask(true));
    this.sure = this.sureOf(wishes.end);
    this.over = h('div', { class: 'over', hidden: true }, this.overText,
      h('button', { type: 'button', class: 'primary', onclick: () => {
        wishes.anew();
        this.focus();
      } }, word('anew')));
    const head = h('div', { class: 'head' }, h('div', { class: 'title' }, h('h2', { id: 'title' }, look.title), this.who),
      this.endButton, iconButton('down', word('minimize'), wishes.minimize));
    this.element = h('section', { class: 'panel', role: 'dialog', 'aria-labelledby': 'title', hidden: true, onkeydown: (event: KeyboardEvent) => this.key(event, wishes.minimize) },
      head, this.line, this.log.element, this.form.element, this.over, this.sure, this.composer.element);
  }

  show(conversation: Conversation, line: LineState, now_ms: number): void {
    const { kept, form_fault } = conversation;
    const { phase } = kept;
    const asks = this.look.form.length > 0 && (phase === 'none' || phase === 'starting');
    this.form.element.hidden = !asks;
    this.form.busy(phase === 'starting');
    if (form_fault) {
      this.form.refuse(form_fault.field);
      conversation.form_fault = null;
    }
    this.composer.element.hidden = asks || phase === 'ended';
    this.endButton.hidden = phase !== 'open';
    if (phase !== 'open') this.sure.hidden = true;
    this.over.hidden = phase !== 'ended';
    put(this.overText, word(kept.ended_by === 'visitor' ? 'ended_visitor' : 'ended_agent'));
    const { agent } = conversation;
    const answered = agent ? word('answered_by', { name: agent }) : word('waiting');
    put(this.who, phase === 'open' ? answered : '');
    put(this.line, line === 'lost' ? word('lost') : '');
    this.log.show(conversation, now_ms);
  }

  /** The visitor opened it. */
  opened(): void {
    this.log.toEnd();
    this.focus();
  }

  /** Where the visitor goes on. */
  focus(): void {
    if (!this.form.element.hidden) this.form.focus();
    else if (!this.over.hidden) this.over.querySelector('button')?.focus();
    else this.composer.focus();
  }

  private sureOf(wish: () => void): HTMLElement {
    const keep = h('button', { type: 'button', onclick: () => this.ask(false) }, word('end_no'));
    const end = h('button', { type: 'button', class: 'primary', onclick: () => {
      this.ask(false);
      wish();
    } }, word('end'));
    return h('div', { class: 'sure', role: 'alertdialog', 'aria-label': word('end_sure'), hidden: true },
      h('p', {}, word('end_sure')), h('div', { class: 'buttons' }, keep, end));
  }

  private ask(open: boolean): void {
    this.sure.hidden = !open;
    if (open) this.sure.querySelector('button')?.focus();
    else this.composer.focus();
  }

  private key(event: KeyboardEvent, minimize: () => void): void {
    // Keys typed here are not the page's shortcuts.
    event.stopPropagation();
    if (event.key === 'Escape') return this.sure.hidden ? minimize() : this.ask(false);
    if (event.key === 'Tab' && matchMedia('(max-width: 480px)').matches) this.keepFocus(event);
  }

  /** On a small screen the panel covers the page, so the focus stays in it. */
  private keepFocus(event: KeyboardEvent): void {
    const all = [...this.element.querySelectorAll<HTMLElement>('button, input, select, textarea, a, [tabindex]')].filter((one) => one.offsetParent);
    const edge = event.shiftKey ? all[0] : all.at(-1);
    if (event.target !== edge) return;
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0])?.focus();
  }
}

function iconButton(name: 'leave' | 'down', title: string, onclick: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: 'icon', 'aria-label': title, title, onclick }, icon(name));
}

/** Said again, an unchanged text would be read out again. */
function put(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === '';
}
