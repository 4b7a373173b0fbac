// What is spoken at the microphone, kept as a WAV of one channel: any program reads it, whatever a browser records in.

const RATE_HZ = 16_000;
/** Longer than this no clip is recorded. */
export const LONGEST_MS = 120_000;
const HEADER_BYTES = 44;

export interface VoiceClip {
  /** Ends it; what was spoken until then. */
  finish: () => Promise<Blob>;
  /** Ends it for nothing. */
  cancel: () => void;
}

/** Begins to keep what is spoken. */
export function keepVoice(track: MediaStreamTrack): VoiceClip {
  // A track of its own: that of the call may be muted, and goes on.
  const own = track.clone();
  own.enabled = true;
  const recorder = recorderOf(own);
  const parts: Blob[] = [];
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  const over = new Promise<void>((done) => recorder.addEventListener('stop', () => done(), { once: true }));
  // However it ends, the microphone is let go.
  recorder.addEventListener('stop', () => own.stop(), { once: true });
  const timer = setTimeout(stop, LONGEST_MS);
  function stop() {
    clearTimeout(timer);
    if (recorder.state !== 'inactive') recorder.stop();
    own.stop();
  }
  return {
    cancel: stop,
    finish: async () => {
      stop();
      await over;
      return wav(await decoded(new Blob(parts)));
    },
  };
}

/** One that records already. */
function recorderOf(track: MediaStreamTrack): MediaRecorder {
  try {
    const recorder = new MediaRecorder(new MediaStream([track]));
    recorder.start();
    return recorder;
  } catch (error) {
    track.stop();
    throw error;
  }
}

async function decoded(sound: Blob): Promise<Float32Array> {
  const context = new OfflineAudioContext(1, 1, RATE_HZ);
  const buffer = await context.decodeAudioData(await sound.arrayBuffer());
  return buffer.getChannelData(0);
}

function wav(samples: Float32Array): Blob {
  const bytes = new DataView(new ArrayBuffer(HEADER_BYTES + samples.length * 2));
  const text = (at: number, word: string) => [...word].forEach((letter, index) => bytes.setUint8(at + index, letter.charCodeAt(0)));
  const long = (at: number, value: number) => bytes.setUint32(at, value, true);
  const short = (at: number, value: number) => bytes.setUint16(at, value, true);
  text(0, 'RIFF');
  long(4, HEADER_BYTES - 8 + samples.length * 2);
  text(8, 'WAVEfmt ');
  long(16, 16);
  short(20, 1);
  short(22, 1);
  long(24, RATE_HZ);
  long(28, RATE_HZ * 2);
  short(32, 2);
  short(34, 16);
  text(36, 'data');
  long(40, samples.length * 2);
  samples.forEach((sample, index) => bytes.setInt16(HEADER_BYTES + index * 2, Math.max(-1, Math.min(1, sample)) * 0x7fff, true));
  return new Blob([bytes.buffer as ArrayBuffer], { type: 'audio/wav' });
}
