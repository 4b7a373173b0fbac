// Microphones, speakers and what keeps a page from them.

import { signal } from '@preact/signals';

import { microphone, ringer, speaker } from '../settings/settings';

/** Why there is no microphone: not allowed, none there, or a page without HTTPS, which browsers give none. */
export type Fault = 'denied' | 'missing' | 'insecure';

export class NoMicrophone extends Error {
  readonly why: Fault;

  constructor(why: Fault) {
    super(why);
    this.why = why;
  }
}

export const devices = signal<readonly MediaDeviceInfo[]>([]);

/** Looks which devices there are; their names are known once a microphone was allowed. */
export async function lookForDevices() {
  devices.value = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
}

navigator.mediaDevices?.addEventListener('devicechange', () => void lookForDevices());

/** The chosen microphone, or the system's where that one is gone. */
export async function openMicrophone(): Promise<MediaStreamTrack> {
  if (!navigator.mediaDevices) throw new NoMicrophone('insecure');
  const wish = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  try {
    const audio = microphone.value ? { ...wish, deviceId: { ideal: microphone.value } } : wish;
    const stream = await navigator.mediaDevices.getUserMedia({ audio });
    void lookForDevices();
    const [track] = stream.getAudioTracks();
    if (!track) throw new NoMicrophone('missing');
    return track;
  } catch (error) {
    if (error instanceof NoMicrophone) throw error;
    throw new NoMicrophone(error instanceof DOMException && error.name === 'NotFoundError' ? 'missing' : 'denied');
  }
}

interface Sounding {
  setSinkId?: (id: string) => Promise<void>;
}

/** Sends what an element plays to the chosen speaker, where the browser can. */
export const toSpeaker = (element: HTMLAudioElement) => (element as Sounding).setSinkId?.(speaker.value).catch(() => {});

/** As `toSpeaker`, for what rings. */
export const toRinger = (audio: AudioContext) => (audio as Sounding).setSinkId?.(ringer.value).catch(() => {});
