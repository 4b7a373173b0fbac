import { CODES, say } from './words';

/** Why an inbox or a rule does not work, by a code; `null` of what an older node has kept. */
export interface FaultCause {
  code: string;
  details: Readonly<Record<string, string>>;
}

/** In the reader's language; in the node's words where there are none for it. */
export function faultText({ fault, fault_cause: cause }: { fault?: string | null; fault_cause?: FaultCause | null }): string {
  const code = CODES.find((one) => one === cause?.code);
  if (!cause || !code) return fault ?? '';
  return say(code, 'n' in cause.details ? { ...cause.details, n: Number(cause.details['n']) } : cause.details);
}
