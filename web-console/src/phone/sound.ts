// What the console sounds by itself: ringing, a new chat, a message. And how loud a track is, for meters.

import { signal } from '@preact/signals';

import { ringMuted, volume } from '../settings/settings';
import { toRinger } from './devices';

// 400 and 450 Hz, one second on, four off: as phones ring here.
const RING_HZ = [400, 450];
const RING_ON_S = 1;
const RING_EVERY_MS = 5_000;
const LOUDEST_GAIN = 0.3;
// Root mean square of speech at a normal level is near 0.1: so it fills most of a meter.
const FULL_RMS = 0.25;

let audio: AudioContext | null = null;
let ringing = 0;

/** Browsers keep sound back until the person has done something in the page. */
export const silenced = signal(false);

function context(): AudioContext {
  audio ??= new AudioContext();
  void toRinger(audio);
  silenced.value = audio.state === 'suspended';
  return audio;
}

/** Something was pressed: sound may come out from now on. */
export async function wake() {
  if (audio?.state === 'suspended') await audio.resume();
  if (audio) silenced.value = audio.state === 'suspended';
}

document.addEventListener('pointerdown', () => void wake());
document.addEventListener('keydown', () => void wake());

function tone(hertz: readonly number[], startS: number, lastS: number) {
  if (ringMuted.value === 'yes') return;
  const now = context();
  const gain = now.createGain();
  const loud = (Number(volume.value) / 100) * LOUDEST_GAIN;
  const begin = now.currentTime + startS;
  gain.gain.setValueAtTime(0, begin);
  gain.gain.linearRampToValueAtTime(loud, begin + 0.01);
  gain.gain.setValueAtTime(loud, begin + lastS - 0.03);
  gain.gain.linearRampToValueAtTime(0, begin + lastS);
  gain.connect(now.destination);
  for (const hz of hertz) {
    const voice = now.createOscillator();
    voice.frequency.value = hz;
    voice.connect(gain);
    voice.start(begin);
    voice.stop(begin + lastS);
  }
}

/** Rings until told otherwise. */
export function ring(on: boolean) {
  if (on === Boolean(ringing)) return;
  clearInterval(ringing);
  ringing = 0;
  if (!on) return;
  const burst = () => tone(RING_HZ, 0, RING_ON_S);
  burst();
  ringing = setInterval(burst, RING_EVERY_MS);
}

/** A new chat. */
export function chime() {
  tone([660], 0, 0.16);
  tone([880], 0.18, 0.22);
}

/** A message in a conversation that one has already. */
export const tick = () => tone([740], 0, 0.09);

/** Says, each time it is asked, how loud the track is now: 0 to 1. */
export function levelOf(track: MediaStreamTrack): () => number {
  const now = context();
  const analyser = now.createAnalyser();
  analyser.fftSize = 1024;
  now.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    return Math.min(1, Math.sqrt(power) / FULL_RMS);
  };
}
