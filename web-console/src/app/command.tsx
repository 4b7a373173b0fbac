import { signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { type Key, keys } from '../keys/keys';
import { interactions } from '../live/desk';
import { go } from '../route/route';
import { Dialog, Icon, type IconName } from '../ui';
import { plain } from '../words/language';
import { mine } from './screens';
import { say } from './words';

const open = signal(false);

export const showCommand = () => (open.value = true);

/** The command bar: whatever can be opened or done, by a few letters of its name. */
export function Command() {
  return open.value ? <Opened lent={keys.peek()} /> : null;
}

interface Entry {
  icon: IconName;
  text: string;
  hint: string;
  run: () => unknown;
}

const MOST_SHOWN = 12;

function Opened({ lent }: { lent: readonly Key[] }) {
  const text = useSignal('');
  const at = useSignal(0);
  const close = () => (open.value = false);
  const found = entries(lent).filter((entry) => fits(`${entry.text} ${entry.hint}`, text.value)).slice(0, MOST_SHOWN);
  useEffect(() => void (at.value = 0), [text.value]);
  function run(entry: Entry | undefined) {
    if (!entry) return;
    close();
    // The dialog gives the focus back first: what runs may want it.
    setTimeout(() => void entry.run());
  }
  function move(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || found.length === 0) return;
    event.preventDefault();
    at.value = (at.value + step + found.length) % found.length;
  }
  return (
    <Dialog title={say('command')} onClose={close} onSubmit={() => run(found[at.value])}>
      <input
        class="input"
        autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls="command-found"
        aria-activedescendant={found[at.value] ? `command-${at.value}` : undefined}
        aria-label={say('command_hint')}
        placeholder={say('command_hint')}
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={move}
      />
      <ul id="command-found" role="listbox" aria-label={say('command')}>
        {found.map((entry, index) => (
          <li
            key={entry.text + entry.hint}
            id={`command-${index}`}
            role="option"
            aria-selected={index === at.value}
            class={`menu-item ${index === at.value ? 'here' : ''}`}
            onPointerMove={() => (at.value = index)}
            onClick={() => run(entry)}
          >
            <Icon name={entry.icon} size={16} />
            <span class="grow cut">{entry.text}</span>
            <span class="small soft">{entry.hint}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="soft">{say('command_none')}</p>}
    </Dialog>
  );
}

function entries(lent: readonly Key[]): Entry[] {
  const open = [...interactions.value.values()].map((one): Entry => ({
    icon: one.medium === 'voice' ? 'phone' : 'message',
    text: one.contact?.name ?? one.title,
    hint: one.protocol,
    run: () => go('desk', one.id),
  }));
  const screens = mine().map((screen): Entry => ({ icon: screen.icon, text: say(screen.word), hint: '', run: () => go(screen.path) }));
  const profile: Entry[] = [{ icon: 'gear', text: say('profile'), hint: '', run: () => go('profile') }, { icon: 'device', text: say('devices'), hint: '', run: () => go('profile', 'devices') }];
  const verbs = lent.filter((one) => one.key !== 'Ctrl+K' && !one.key.startsWith('Alt+')).map((one): Entry => ({ icon: 'keyboard', text: one.label, hint: one.key, run: one.run }));
  return [...open, ...screens, ...profile, ...verbs];
}

/** Each word of what is asked stands somewhere in it. */
const fits = (text: string, asked: string) => plain(asked).split(/\s+/).every((word) => plain(text).includes(word));
