// How loud a track is, for meters.

// Root mean square of speech at a normal level is near 0.1: so it fills most of a meter.
const FULL_RMS = 0.25;

let audio;

/** A function that says how loud the track is now, 0 to 1. */
export function levelOf(track) {
  audio ??= new AudioContext();
  const analyser = audio.createAnalyser();
  analyser.fftSize = 1024;
  audio.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    return Math.min(1, Math.sqrt(power) / FULL_RMS);
  };
}

/** Browsers keep sound back until a person has done something: call this when one has. */
export const wake = () => audio?.resume();

// 400 and 450 Hz, one second on, four off: as phones ring here.
const RING_HZ = [400, 450];
const RING_ON_S = 1;
const RING_EVERY_MS = 5_000;
const RING_GAIN = 0.08;

let ringing = 0;

/** Rings until told otherwise. */
export function ring(on) {
  if (on === Boolean(ringing)) return;
  clearInterval(ringing);
  ringing = 0;
  if (!on) return;
  burst();
  ringing = setInterval(burst, RING_EVERY_MS);
}

function burst() {
  audio ??= new AudioContext();
  const gain = audio.createGain();
  gain.gain.value = RING_GAIN;
  gain.connect(audio.destination);
  for (const hz of RING_HZ) {
    const tone = audio.createOscillator();
    tone.frequency.value = hz;
    tone.connect(gain);
    tone.start();
    tone.stop(audio.currentTime + RING_ON_S);
  }
}
