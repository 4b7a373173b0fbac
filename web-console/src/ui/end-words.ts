import { causeWords } from './problem-words';

// Why a call ended (gateway/src/call/end_reason.rs), by the words there are for a call that was refused.
const CODES: Readonly<Record<string, string>> = {
  busy: 'call_busy',
  declined: 'call_declined',
  media_incompatible: 'call_media',
  network_incompatible: 'call_media',
  no_answer: 'call_no_answer',
  not_allowed: 'call_not_allowed',
  not_registered: 'call_not_registered',
  number_unknown: 'call_number_unknown',
  overloaded: 'call_overloaded',
  pin_locked: 'call_pin_locked',
  trunk_refused: 'call_trunk',
  trunk_unreachable: 'call_trunk',
  wrong_pin: 'call_wrong_pin',
};

/** What a person reads of the end of a call that came to nothing. */
export const endWords = (reason: string): string => causeWords((Object.hasOwn(CODES, reason) && CODES[reason]) || 'call_failed', {}) ?? '';
