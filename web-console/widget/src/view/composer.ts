// Where the visitor writes: Enter sends, Shift+Enter makes a line.

import { word } from '../words';
import { h, icon } from './element';

export class Composer {
  private readonly input: HTMLTextAreaElement;
  readonly element: HTMLFormElement;

  constructor(max_characters: number, send: (text: string) => void, typed: () => void) {
    this.input = h('textarea', {
      rows: 1, maxlength: max_characters, placeholder: word('write'), 'aria-label': word('write'), enterkeyhint: 'send',
      oninput: () => {
        this.fit();
        typed();
      },
      onkeydown: (event: KeyboardEvent) => {
        // A composed character (Japanese, dead keys) ends with Enter too.
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        submit();
      },
    });
    const submit = () => {
      const text = this.input.value.trim();
      if (!text) return;
      this.input.value = '';
      this.fit();
      send(text);
    };
    this.element = h(
      'form',
      { class: 'composer', onsubmit: (event: Event) => {
        event.preventDefault();
        submit();
        this.input.focus();
      } },
      this.input,
      h('button', { type: 'submit', class: 'icon', 'aria-label': word('send'), title: word('send') }, icon('send')),
    );
  }

  focus(): void {
    this.input.focus();
  }

  /** As high as its text, within what the style allows. */
  private fit(): void {
    this.input.style.height = 'auto';
    this.input.style.height = `${this.input.scrollHeight}px`;
  }
}
