// A trunk as the form holds it: what the API nests lies flat here, and secrets are empty until somebody types.

import type { Trunk } from '../shapes';

export interface TrunkDraft extends Pick<Trunk, 'name' | 'host' | 'port' | 'transport' | 'sources' | 'options_ping_s' | 'codecs' | 'srtp' | 'dtmf' | 'recording' | 'max_calls' | 'caller_id' | 'enabled'> {
  in_user: string;
  in_password: string;
  out_user: string;
  out_password: string;
  realm: string;
  registers: boolean;
  aor: string;
  contact_user: string;
}

const NEW: Omit<Trunk, 'state'> = {
  name: '', host: '', port: null, transport: 'udp', sources: [], digest_in: null, credentials_out: null, register: null, options_ping_s: 30,
  codecs: null, srtp: 'off', dtmf: 'rfc4733', recording: 'inherit', max_calls: null, caller_id: 'pass', enabled: true,
};

export function draftOf(trunk: Trunk | null): TrunkDraft {
  const { name, host, port, transport, sources, options_ping_s, codecs, srtp, dtmf, recording, max_calls, caller_id, enabled, ...proof } = trunk ?? NEW;
  return {
    name, host, port, transport, sources, options_ping_s, codecs, srtp, dtmf, recording, max_calls, caller_id, enabled,
    in_user: proof.digest_in?.username ?? '',
    in_password: '',
    out_user: proof.credentials_out?.username ?? '',
    out_password: '',
    realm: proof.credentials_out?.realm ?? '',
    registers: proof.register !== null,
    aor: proof.register?.aor ?? '',
    contact_user: proof.register?.contact_user ?? '',
  };
}

/** What stands for a password that stays as it is. */
const KEPT = '(kept)';

/** What is sent of the changed fields; a group goes whole as soon as one of its fields changed. */
export function bodyOf(changes: Partial<TrunkDraft>, now: TrunkDraft): object {
  const { in_user, in_password, out_user, out_password, realm, registers, aor, contact_user, ...plain } = changes;
  const touched = (...fields: unknown[]) => fields.some((field) => field !== undefined);
  return {
    ...plain,
    ...('caller_id' in plain && { caller_id: plain.caller_id === 'pass' ? null : plain.caller_id }),
    ...(touched(in_user, in_password) && { digest_in: now.in_user ? { username: now.in_user, password: now.in_password || KEPT } : null }),
    ...(touched(out_user, out_password, realm) && {
      credentials_out: now.out_user ? { username: now.out_user, password: now.out_password || KEPT, ...(now.realm ? { realm: now.realm } : {}) } : null,
    }),
    ...(touched(registers, aor, contact_user) && { register: now.registers ? { aor: now.aor, ...(now.contact_user ? { contact_user: now.contact_user } : {}) } : null }),
  };
}
