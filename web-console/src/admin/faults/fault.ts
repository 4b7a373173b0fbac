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
  const details: Record<string, string | number> = { ...cause.details };
  if ('n' in details) details['n'] = Number(details['n']);
  if ('field' in details) details['field'] = titleOf(String(details['field']), fields);
  return say(code, details);
}

/** What the form calls it. */
const titleOf = (name: string, fields: readonly SettingField[]) => worded(fields.find((field) => field.name === name)?.title ?? name);
