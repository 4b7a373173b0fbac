// How good the sound of one direction was, in a word. Knows no document.

export type Verdict = 'good' | 'fair' | 'bad' | 'unknown';

export interface Figures {
  loss_percent: number;
  jitter_ms: number;
  mos: number | null;
}

// ITU-T P.800: 4 is good, below 3 many are dissatisfied.
const GOOD_MOS = 3.8;
const FAIR_MOS = 3;
// What concealment no longer hides: syllables are missing, however well the score (ITU-T G.107: random loss, concealed) still takes it.
const BAD_LOSS_PERCENT = 5;
// Where no score is known: what a jitter buffer and concealment hide from most ears, and what they do not.
const FAIR_LOSS_PERCENT = 2;
const FAIR_JITTER_MS = 40;
const BAD_JITTER_MS = 80;

/** Much loss is bad by itself; else by the score where there is one, and by loss and jitter alone where there is none. */
export function verdictOf({ loss_percent, jitter_ms, mos }: Figures): Verdict {
  if (loss_percent >= BAD_LOSS_PERCENT) return 'bad';
  if (mos !== null) return mos >= GOOD_MOS ? 'good' : mos >= FAIR_MOS ? 'fair' : 'bad';
  if (jitter_ms >= BAD_JITTER_MS) return 'bad';
  if (loss_percent >= FAIR_LOSS_PERCENT || jitter_ms >= FAIR_JITTER_MS) return 'fair';
  return 'unknown';
}

const ORDER: readonly Verdict[] = ['unknown', 'good', 'fair', 'bad'];

/** The worst of what is known. */
export const worst = (all: readonly Verdict[]): Verdict => all.reduce((most, one) => (ORDER.indexOf(one) > ORDER.indexOf(most) ? one : most), 'unknown');

/** One side of a call: what came from it, and how much it says it missed of what we sent. */
export interface Measured {
  from: Figures;
  missed_percent: number | null;
}

/**
 * What each side's network did by itself, from it and to it. What was lost before it reached us is missed at the other end too, and
 * not for the network there.
 */
export function judge(sides: readonly Measured[]): { from: Verdict; to: Verdict }[] {
  return sides.map(({ from, missed_percent }, at) => {
    const before = Math.max(0, ...sides.filter((_, other) => other !== at).map((other) => other.from.loss_percent));
    const own = Math.max(0, (missed_percent ?? 0) - before);
    return { from: verdictOf(from), to: verdictOf({ loss_percent: own, jitter_ms: 0, mos: null }) };
  });
}
