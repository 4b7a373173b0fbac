// What the browser keeps for us: who the visitor is, for all tabs; what was said, for this tab.
// Where storage is forbidden, the page works and forgets.

import { type Kept, nothingKept } from './conversation';

/** What all tabs of this site know. */
interface Known {
  visitor: string;
  open: boolean;
}

/** What this tab knows. */
interface Seen {
  kept: Kept;
  panel_open: boolean;
}

export class Keep {
  /** Who we are to the node; none before the first conversation. */
  visitor: string | null;
  /** Whether a conversation was open when this browser was here last. */
  readonly was_open: boolean;
  private readonly key: string;

  constructor(inbox: string) {
    this.key = `ramal.${inbox}`;
    const known = read<Known>(() => localStorage, this.key);
    this.visitor = known?.visitor ?? null;
    this.was_open = known?.open ?? false;
  }

  restore(): Seen {
    const seen = read<Seen>(() => sessionStorage, this.key);
    return { kept: { ...nothingKept(), ...seen?.kept }, panel_open: seen?.panel_open ?? false };
  }

  save(kept: Kept, panel_open: boolean): void {
    const seen: Seen = { kept, panel_open };
    write(() => sessionStorage, this.key, seen);
    if (!this.visitor) return;
    const known: Known = { visitor: this.visitor, open: kept.phase === 'open' };
    write(() => localStorage, this.key, known);
  }
}

function read<T>(storage: () => Storage, key: string): T | null {
  try {
    return JSON.parse(storage().getItem(key) ?? 'null') as T | null;
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, value: unknown): void {
  try {
    storage().setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden.
  }
}
