import { signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import type { Contact } from '../api/types';
import { may, me } from '../live/me';
import { reach } from '../live/socket';
import { NoMicrophone } from '../phone/devices';
import { attach, beOnline, byChoice, dial, elsewhere, hasPhone, online, seat } from '../phone/phone';
import { Avatar, Button, Empty, ErrorState, Icon, IconButton, Pad, Skeleton, Switch, Tabs, TextField, toast, toastProblem, usePages } from '../ui';
import { telephone } from '../words/language';

import { say } from './words';

/** Whether the dialler is open: the side menu opens it too. */
export const dialling = signal(false);

const SEARCH_FROM = 3;
const SEARCH_AFTER_MS = 200;

/** The telephone in the top bar, and what it opens. For who serves voice queues it does nothing while none is online (F034). */
export function Dialler() {
  const place = useRef<HTMLDivElement>(null);
  const usable = byChoice.value || online.value || unheard();
  const open = dialling.value && usable;
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (event.target instanceof Element && !place.current?.contains(event.target) && !event.target.closest('.nav')) dialling.value = false;
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);
  if (!may('dial')) return null;
  return (
    <div
      class="popup-place"
      ref={place}
      onKeyDown={(event) => {
        if (event.key === 'Escape') dialling.value = false;
      }}
    >
      <IconButton
        id="dialler"
        icon="phone"
        label={labelOf(usable)}
        disabled={!usable}
        pressed={open}
        kind="plain"
        onClick={() => (dialling.value = !dialling.value)}
      />
      {open && <Opened />}
    </div>
  );
}

/** Of a call nothing would be heard of now; the server may not have said yet which queues he serves either. */
const unheard = () => hasPhone.value && reach.value !== 'live';

function labelOf(usable: boolean): string {
  if (!usable) return say(hasPhone.value ? 'closed' : 'no_phone');
  if (unheard()) return say('unheard');
  if (elsewhere.value) return say('dialler_elsewhere', { number: me.value?.extension ?? '' });
  return byChoice.value && online.value && seat.value === 'connected' ? say('dialler_rings', { number: me.value?.extension ?? '' }) : say('dialler');
}

function Opened() {
  const tab = useSignal<'pad' | 'contacts'>('pad');
  return (
    <div class="popup dialler" role="dialog" aria-label={say('dialler')}>
      <Tabs
        label={say('dialler')}
        tabs={[
          { key: 'pad', title: say('pad') },
          { key: 'contacts', title: say('contacts') },
        ]}
        chosen={tab.value}
        onChoose={(key) => (tab.value = key)}
      >
        {tab.value === 'pad' ? <Keypad /> : <Contacts />}
      </Tabs>
      {unheard() && <Note text={say('unheard')} />}
      {!unheard() && elsewhere.value && <Elsewhere />}
      {byChoice.value && <Here />}
    </div>
  );
}

function Note({ text, children }: { text: string; children?: ComponentChildren }) {
  return (
    <div class="dialler-note" role="status">
      <Icon name="alert" size={16} />
      <div class="grow stack">
        <p>{text}</p>
        {children}
      </div>
    </div>
  );
}

/** Another browser of his has taken the extension over. Who calls from here has it back too. */
function Elsewhere() {
  return (
    <Note text={say('elsewhere', { number: me.value?.extension ?? '' })}>
      <Button size="small" icon="retry" onClick={() => spoken(attach)}>
        {say('take_back')}
      </Button>
    </Note>
  );
}

/** Whoever serves no voice queue says himself whether his extension rings here. */
function Here() {
  const trying = useSignal(false);
  async function turn(on: boolean) {
    trying.value = on;
    await spoken(() => beOnline(on));
    trying.value = false;
  }
  return (
    <div class="dialler-here">
      <Switch label={say('here')} hint={elsewhere.value ? undefined : say('here_hint', { number: me.value?.extension ?? '' })} checked={online.value || trying.value} onChange={(on) => void turn(on)} />
    </div>
  );
}

/** As `tell`; what keeps the microphone away is told too. */
async function spoken(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (error instanceof NoMicrophone) toast(say(`microphone_${error.why}`), { kind: 'stop' });
    else toastProblem(error);
    return false;
  }
}

async function call(to: string, contact?: number) {
  if (!unheard() && (await spoken(() => dial(to, contact)))) dialling.value = false;
}

function Keypad() {
  const number = useSignal('');
  const place = useRef<HTMLFormElement>(null);
  useEffect(() => place.current?.querySelector('input')?.focus(), []);
  return (
    <form
      ref={place}
      class="dialler-pad"
      onSubmit={(event) => {
        event.preventDefault();
        if (number.value.trim()) void call(number.value.trim());
      }}
    >
      <div class="row">
        <TextField bare class="grow" label={say('number')} placeholder={say('number')} type="tel" maxLength={64} value={number.value} onChange={(text) => (number.value = text)} />
        <IconButton icon="arrow_left" label={say('erase')} disabled={!number.value} onClick={() => (number.value = number.value.slice(0, -1))} />
      </div>
      <Pad
        onKey={(digit) => {
          number.value += digit;
          // Who presses a key here may go on with those of the keyboard.
          place.current?.querySelector('input')?.focus();
        }}
      />
      <Button kind="good" icon="phone" submit disabled={!number.value.trim() || unheard()}>
        {say('call')}
      </Button>
    </form>
  );
}

function Contacts() {
  const text = useSignal('');
  const asked = useSignal('');
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.querySelector('input')?.focus(), []);
  useEffect(() => {
    const wanted = text.value.trim();
    const timer = setTimeout(() => (asked.value = wanted.length >= SEARCH_FROM ? wanted : ''), SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text.value]);
  const found = usePages<Contact>(asked.value ? `/contacts?q=${encodeURIComponent(asked.value)}&limit=20` : null);
  const lines = found.items.flatMap((contact) => contact.identities.filter(({ kind }) => kind === 'phone').map(({ value }) => ({ contact, value })));
  return (
    <div class="dialler-contacts" ref={place}>
      <TextField bare label={say('find')} placeholder={say('find')} type="search" value={text.value} onChange={(value) => (text.value = value)} />
      <div class="dialler-found scrolls">
        {!asked.value && <p class="soft small">{say('from_three')}</p>}
        {found.problem && <ErrorState problem={found.problem} onRetry={found.reload} />}
        {asked.value && found.loading && lines.length === 0 && <Skeleton />}
        {asked.value && !found.loading && !found.problem && lines.length === 0 && <Empty icon="contact" title={say('no_contact')} />}
        <ul>
          {lines.map(({ contact, value }) => (
            <li key={`${contact.id} ${value}`}>
              <button type="button" class="menu-item dialler-contact" aria-disabled={unheard()} aria-label={say('call_contact', { name: contact.name, number: telephone(value) })} onClick={() => void call(value, contact.id)}>
                <Avatar name={contact.name} photo={contact.photo_url} size={24} />
                <span class="grow">
                  <span class="cut">{contact.name}</span>
                  <span class="soft small">{telephone(value)}</span>
                </span>
                <Icon name="phone" size={16} />
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
