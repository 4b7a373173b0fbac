// The softphone: the Seat of this page, its microphone and what comes out of it. Knows no document but the element that plays.

import { computed, effect, signal } from '@preact/signals';

import { post, remove } from '../api/client';
import type { SoundClip, Supervision } from '../api/types';
import { calls, heard, seatTaken, seatThere } from '../live/calls';
import { known, presence } from '../live/desk';
import { me, onLeave } from '../live/me';
import { epoch, reach } from '../live/socket';
import { microphone, phoneOf, speaker } from '../settings/settings';
import { NoMicrophone, type Fault, openMicrophone, toSpeaker } from './devices';
import { Seat, type SeatState } from './seat';
import { levelOf } from './sound';

// A Seat that nobody came back to ends after this on the gateway (web.seat_grace_s).
const GRACE_MS = 30_000;

// A browser that had the Seat takes it back within this.
const OTHERS_FIRST_MS = 3_000;

// A clip of some megabytes over a slow line.
const UPLOAD_MS = 120_000;

// A browser on a slow network takes its time until sound flows.
const FLOWS_WITHIN_MS = 5_000;

export const seat = signal<SeatState>('none');
/** Why there is no Seat though one is wanted. */
export const fault = signal<Fault | 'refused' | null>(null);
export const muted = signal(false);
/** The browser holds the far voice back until something is pressed. */
export const blocked = signal(false);

/** An administrator gives an extension, and calls in the browser. */
export const hasPhone = computed(() => Boolean(me.value?.webrtc && me.value.extension));
const ofVoice = computed(() => presence.value.queues.filter(({ medium }) => medium === 'voice'));
/** Who serves no voice queue decides by himself whether this browser is his phone; for anybody else his voice queues do. */
export const byChoice = computed(() => hasPhone.value && known.value && ofVoice.value.length === 0);
/** This browser is to be where the user's extension rings. */
export const online = computed(() => hasPhone.value && (byChoice.value ? phoneOf.value === String(me.value?.id) : ofVoice.value.some(({ state }) => state !== 'offline')));

const player = new Audio();
let mine: Seat | null = null;
let track: MediaStreamTrack | null = null;
let takenIn: string | null = null;
let lostAtMs = 0;
const levels: { near: (() => number) | null; far: (() => number) | null } = { near: null, far: null };

/** How loud each side is now, 0 to 1. */
export const level = (side: 'near' | 'far') => levels[side]?.() ?? 0;

/** The connection, for its statistics. */
export const connection = () => mine?.connection ?? null;

/** Takes the Seat of the user's extension; throws `NoMicrophone` where there is none. */
export async function attach() {
  if (mine && seat.value !== 'taken' && seat.value !== 'none' && (await mine.isMine())) return flows();
  fault.value = null;
  try {
    track ??= await openMicrophone();
  } catch (error) {
    fault.value = error instanceof NoMicrophone ? error.why : 'denied';
    throw error;
  }
  track.enabled = !muted.value;
  levels.near = levelOf(track);
  mine ??= new Seat(track, { onTrack: play, onState: follow, onFault: refuse, mayTake });
  try {
    await mine.attach();
  } catch (error) {
    refuse(error);
    throw error;
  }
  await flows();
}

/** Until sound flows: a call is given only to a browser that hears it. Who waits in vain is told so by the server. */
function flows(): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(over, FLOWS_WITHIN_MS);
    const stop = effect(() => {
      if (seat.value !== 'connecting') queueMicrotask(over);
    });
    function over() {
      clearTimeout(timer);
      stop();
      done();
    }
  });
}

/** Gives the Seat back: its calls end. */
export async function detach() {
  const [old, voice] = [mine, track];
  [mine, track, levels.near, levels.far] = [null, null, null, null];
  [seat.value, muted.value, fault.value] = ['none', false, null];
  player.srcObject = null;
  await old?.end();
  voice?.stop();
}

export function mute(on = !muted.value) {
  muted.value = on;
  if (track) track.enabled = !on;
}

// A Seat that was taken for one call alone stays until that call is over.
let lent = false;

/** By a press: this browser is the phone of the user's extension from now on, also when the page is loaded again; or no longer. */
export async function beOnline(on: boolean) {
  if (on) await lend(async () => {});
  phoneOf.value = on ? String(me.value?.id) : '';
  lent = false;
}

async function lend<T>(ask: () => Promise<T>): Promise<T> {
  lent = true;
  try {
    await attach();
    return await ask();
  } catch (error) {
    lent = false;
    letGo();
    throw error;
  }
}

/** The browser let nothing sound: this is called by a press. */
export async function unblock() {
  await player.play().catch(() => {});
  blocked.value = player.paused;
}

// ---- verbs of a call

const of = (call: string) => `/calls/${encodeURIComponent(call)}`;

export const dial = (to: string, contact?: number) => lend(() => post('/calls', contact === undefined ? { to } : { to, contact_id: contact }));
export const hold = (call: string) => post(`${of(call)}/hold`);
export const resume = (call: string) => post(`${of(call)}/resume`);
export const press = (call: string, digits: string) => post(`${of(call)}/dtmf`, { digits });
export const record = (call: string, to: 'pause' | 'resume' | 'start' | 'stop') => post(`${of(call)}/recording`, { to });
export const answer = (call: string) => post(`${of(call)}/answer`);
export const reject = (call: string) => post(`${of(call)}/reject`, { reason: 'busy' });
export const hangUp = (call: string) => remove(of(call));
/** A third one comes in, as soon as he answers. */
export const addNumber = (call: string, to: string) => post(`${of(call)}/merge`, { to });
export const addCall = (call: string, other: string) => post(`${of(call)}/merge`, { call: other });
export const dropParty = (call: string, party: number) => post(`${of(call)}/drop`, { party });
export const endForAll = (call: string) => post(`${of(call)}/end`);
export const maskKeys = (call: string, masked: boolean) => post(`${of(call)}/mask`, { masked });
export const playClip = (call: string, clip: number, hears: 'customer' | 'both', then: 'talk' | 'hang_up') => post(`${of(call)}/clip`, { clip, hears, then });
export const stopClip = (call: string) => remove(`${of(call)}/clip`);
export const keepClip = (call: string, title: string, sound: Blob) => post<SoundClip>(`${of(call)}/clips?title=${encodeURIComponent(title)}`, sound, { timeoutMs: UPLOAD_MS });

/** Comes into the call of somebody else, or is there in another way from now on. */
export async function supervise(call: string, mode: Supervision | 'take_over') {
  await lend(() => post(`${of(call)}/supervise`, { mode }));
}

/** What is spoken now, for who keeps it. */
export const spoken = () => track;

// ---- what happens

function play(far: MediaStreamTrack) {
  player.srcObject = new MediaStream([far]);
  levels.far = levelOf(far);
  void toSpeaker(player);
  player.play().then(
    () => (blocked.value = false),
    (error: unknown) => (blocked.value = error instanceof DOMException && error.name === 'NotAllowedError'),
  );
}

function follow(state: SeatState) {
  if (state === 'lost' && seat.value !== 'lost') lostAtMs = Date.now();
  if (state === 'connected') [fault.value, takenIn] = [null, epoch.value];
  seat.value = state;
}

function refuse(error: unknown) {
  fault.value = error instanceof NoMicrophone ? error.why : 'refused';
  mine = null;
  seat.value = 'none';
}

// After a start of the gateway, or a long absence, the Seat ended by itself; else another browser took it, and two that
// take it from each other would never end.
async function mayTake(): Promise<boolean> {
  if (reach.value !== 'live') await new Promise<void>((live) => untilLive(live));
  if (seatThere.value === 'none') return true;
  return epoch.value !== takenIn || (seat.value === 'lost' && Date.now() - lostAtMs > GRACE_MS);
}

function untilLive(run: () => void) {
  const stop = effect(() => {
    if (reach.value !== 'live') return;
    queueMicrotask(() => stop());
    run();
  });
}

// Whose phone this browser is has a Seat: also after a reload. Whose it is no longer, and who is in no call, has none.
effect(() => {
  if (calls.value.size > 0) lent = false;
  if (online.value && reach.value === 'live' && seat.peek() === 'none' && fault.peek() === null) queueMicrotask(() => void attach().catch(() => {}));
  letGo();
});

// Another browser may have it: whoever looks at this page is told at once, not when its connection is found dead.
effect(() => {
  if (seatTaken.value && mine) void mine.isMine();
});

/** Calls of the user's extension come to another browser of his, and not to this one, which is to have them. */
export const elsewhere = computed(() => online.value && seat.value === 'taken');

// Where the other browser has given it back, or is gone for good, it rings here again. One that had it when the gateway
// started anew comes first.
effect(() => {
  if (!elsewhere.value || reach.value !== 'live' || seatThere.value !== 'none') return;
  const timer = setTimeout(() => void attach().catch(() => {}), OTHERS_FIRST_MS);
  return () => clearTimeout(timer);
});

function letGo() {
  const unused = !lent && !online.value && reach.value === 'live' && !heard.value && calls.value.size === 0;
  if (unused && seat.peek() !== 'none') queueMicrotask(() => void detach());
}

effect(() => {
  if (speaker.value || player.srcObject) void toSpeaker(player);
});

// Another microphone while one talks.
let spokenWith = microphone.peek();
effect(() => {
  if (microphone.value === spokenWith) return;
  spokenWith = microphone.value;
  if (mine) queueMicrotask(() => void change());
});

async function change() {
  const next = await openMicrophone().catch(() => null);
  if (!next || !mine) return;
  track?.stop();
  track = next;
  track.enabled = !muted.value;
  levels.near = levelOf(track);
  await mine.speakWith(track);
}

onLeave(detach);
