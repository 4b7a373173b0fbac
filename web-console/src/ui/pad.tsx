import { say } from './words';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

/** Twelve keys. */
export function Pad({ onKey }: { onKey: (digit: string) => void }) {
  return (
    <div class="pad">
      {KEYS.map((digit) => (
        <button key={digit} type="button" class="pad-key" aria-label={say('key', { digit })} onClick={() => onKey(digit)}>
          {digit}
        </button>
      ))}
    </div>
  );
}
