// What is asked before a conversation. Nothing is sent before every required field has an answer.

import type { Answers, Field } from '../frames';
import { word, type Word } from '../words';
import { h, set } from './element';

const MAX_LENGTH = 1_000;

const kinds = {
  text: { type: 'text', autocomplete: 'on' },
  email: { type: 'email', autocomplete: 'email' },
  phone: { type: 'tel', autocomplete: 'tel' },
};

export class Form {
  readonly element: HTMLFormElement;
  private readonly rows: { field: Field; input: HTMLInputElement; fault: HTMLElement }[];
  private readonly button = h('button', { type: 'submit', class: 'primary' }, word('start'));

  constructor(fields: Field[], start: (answers: Answers) => void) {
    this.rows = fields.map((field, index) => ({ field, input: inputOf(field, index), fault: h('p', { class: 'fault', id: `fault-${index}` }) }));
    this.element = h(
      'form',
      { class: 'form', novalidate: true, onsubmit: (event: Event) => {
        event.preventDefault();
        if (this.check()) start(this.answers());
      } },
      fields.length > 0 ? h('p', { class: 'lead' }, word('lead')) : null,
      ...this.rows.map((row, index) => rowOf(row, index)),
      this.button,
    );
    for (const row of this.rows) row.input.addEventListener('input', () => this.mark(row, null));
  }

  /** While the node looks at the answers. */
  busy(busy: boolean): void {
    if (this.button.disabled === busy) return;
    this.button.disabled = busy;
    this.button.textContent = word(busy ? 'starting' : 'start');
  }

  /** The node wants another answer here. */
  refuse(name: string | null): void {
    const row = this.rows.find(({ field }) => field.name === name) ?? this.rows[0];
    if (!row) return;
    this.mark(row, faultOf(row.field, row.input.value.trim()) ?? 'refused');
    row.input.focus();
  }

  focus(): void {
    (this.rows[0]?.input ?? this.button).focus();
  }

  private check(): boolean {
    let first: HTMLInputElement | null = null;
    for (const row of this.rows) {
      const fault = faultOf(row.field, row.input.value.trim());
      this.mark(row, fault);
      if (fault) first ??= row.input;
    }
    first?.focus();
    return first === null;
  }

  private mark({ input, fault }: { input: HTMLInputElement; fault: HTMLElement }, key: Word | null): void {
    fault.textContent = key ? word(key) : '';
    set(input, 'aria-invalid', key ? 'true' : null);
  }

  private answers(): Answers {
    const filled = this.rows.map(({ field, input }) => [field.name, input.value.trim()] as const);
    return Object.fromEntries(filled.filter(([, value]) => value !== ''));
  }
}

function faultOf(field: Field, value: string): Word | null {
  if (value === '') return field.required ? 'required' : null;
  if (field.kind === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) return 'email_wrong';
  if (field.kind === 'phone' && !(/^[+\d\s().-]+$/.test(value) && value.replace(/\D/g, '').length >= 8)) return 'phone_wrong';
  return null;
}

function inputOf(field: Field, index: number): HTMLInputElement {
  const { type, autocomplete } = kinds[field.kind] ?? kinds.text;
  return h('input', {
    id: `field-${index}`, name: field.name, type, maxlength: MAX_LENGTH, required: field.required,
    autocomplete: field.name === 'name' ? 'name' : autocomplete, 'aria-describedby': `fault-${index}`,
  });
}

function rowOf({ field, input, fault }: { field: Field; input: HTMLInputElement; fault: HTMLElement }, index: number): HTMLElement {
  const note = field.required ? null : h('span', { class: 'note' }, ` (${word('optional')})`);
  return h('div', { class: 'row' }, h('label', { for: `field-${index}` }, labelOf(field), note), input, fault);
}

function labelOf({ name, label }: Field): string {
  if (label) return label;
  return name === 'name' || name === 'email' || name === 'phone' ? word(name) : name;
}
