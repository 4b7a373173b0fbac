import { causeWords } from '../../ui/problem-words';
import { worded } from '../settings_form/settings_form';
import type { SettingField } from '../shapes';
import { CODES, say } from './words';

/** Why an inbox or a rule does not work, by a code; `null` of what an older node has kept. */
export interface FaultCause {
  code: string;
  details: Readonly<Record<string, string>>;
}

interface Ailing {
  fault?: string | null;
  fault_cause?: FaultCause | null;
}

/** In the reader's language; in the node's words where there are none for it. `fields` are those of its plugin. */
export function faultText({ fault, fault_cause: cause }: Ailing, fields: readonly SettingField[]): string {
  const code = CODES.find((one) => one === cause?.code);
  if (!cause || !code) return fault ?? '';
  const details = Object.fromEntries(Object.entries(cause.details).map(([name, value]) => [name, NUMBERS.includes(name) ? Number(value) : value]));
  const { field, reason, reason_code: why } = cause.details;
  return say(code, {
    ...details,
    ...(field === undefined ? {} : { field: titleOf(field, fields) }),
    // What does not fit a field is told as the form tells it; what a plugin or a provider says stays as it is.
    ...(reason === undefined ? {} : { reason: (why && causeWords(why, details)) || reason }),
  });
}

/** Details that are written as the language writes numbers. */
const NUMBERS: readonly string[] = ['n', 'least', 'most'];

/** What the form calls it. */
const titleOf = (name: string, fields: readonly SettingField[]) => worded(fields.find((field) => field.name === name)?.title ?? name);
