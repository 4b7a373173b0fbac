// The round button in the corner, with the number of messages not seen.

import { word } from '../words';
import { h, icon, set } from './element';

const MOST_SHOWN = 9;

export class Launcher {
  readonly element: HTMLButtonElement;
  private readonly badge = h('span', { class: 'badge', 'aria-hidden': 'true', hidden: true });
  private readonly pictures = { open: icon('bubble'), close: icon('down') };

  constructor(toggle: () => void) {
    this.element = h('button', { type: 'button', class: 'launcher', onclick: toggle }, this.badge);
    this.element.prepend(this.pictures.open);
  }

  show(open: boolean, unread: number): void {
    const title = open ? word('minimize') : unread > 0 ? word('open_unread', { count: unread }) : word('open');
    set(this.element, 'aria-label', title);
    set(this.element, 'aria-expanded', String(open));
    this.element.firstChild?.replaceWith(open ? this.pictures.close : this.pictures.open);
    this.badge.hidden = open || unread === 0;
    this.badge.textContent = unread > MOST_SHOWN ? `${MOST_SHOWN}+` : String(unread);
  }

  focus(): void {
    this.element.focus();
  }
}
