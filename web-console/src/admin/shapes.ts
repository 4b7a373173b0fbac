// What only administrators see of the API.

import type { Medium, Named, Standing } from '../api/types';
import type { FaultCause } from './faults/fault';

/** A whole list, as far as a form needs it. */
export interface List<T> {
  items: T[];
  next: string | null;
}

export type Recording = 'inherit' | 'always' | 'never';

export interface Extension {
  number: string;
  display_name: string | null;
  recording: Recording;
  max_bindings: number;
  may_call_trunks: boolean;
  ring_timeout_s: number | null;
  enabled: boolean;
  /** Once, in the answer that made it. */
  password?: string;
}

/** What a phone registers with; the password only at once. */
export type Phone = Pick<Extension, 'number' | 'password'>;

export interface Trunk {
  name: string;
  host: string;
  port: number | null;
  transport: 'udp' | 'tcp' | 'tls';
  sources: string[];
  digest_in: { username: string } | null;
  credentials_out: { username: string; realm?: string | null } | null;
  register: { aor: string; contact_user: string | null; expires_s: number | null } | null;
  options_ping_s: number | null;
  codecs: string[] | null;
  srtp: 'off' | 'offered' | 'required';
  dtmf: 'rfc4733' | 'info';
  recording: Recording;
  max_calls: number | null;
  /** `pass`, `anonymous` or a number. */
  caller_id: string;
  enabled: boolean;
  state: TrunkState | null;
}

export interface Trunks extends List<Trunk> {
  /** Where peers reach us, for carriers to be told. */
  ours: { transport: Trunk['transport']; address: string }[];
}

export type Trouble =
  | 'connection_failed'
  | 'no_answer'
  | 'no_socket'
  | 'not_resolved'
  | 'registration_not_answered'
  | 'unavailable'
  | { registration_refused: number };

export interface TrunkState {
  /** Of our registration there: `registered`, `off`, or what went wrong. */
  registration: string;
  /** Of our probes: `unknown`, `up` or `down`. */
  health: string;
  addresses: string[];
  /** Whether it has our registration; `null`: it gets none. */
  registered: boolean | null;
  /** Why it cannot be used now. */
  trouble: Trouble | null;
}

/** Calls and registrations that were refused to the same one from the same address for the same reason, counted together. */
export interface RefusedCall {
  id: number;
  what: 'call' | 'registration';
  reason: 'unknown_source' | 'wrong_password' | 'too_many_passwords' | 'unusable_digest' | 'not_its_number' | 'unknown_domain' | 'unknown_number' | 'not_allowed' | 'no_common_media';
  status: number;
  trunk: string | null;
  extension: string | null;
  source: string | null;
  caller: string;
  dialled: string;
  count: number;
  first_at_ms: number;
  last_at_ms: number;
}

/** One of several kinds, told by its first key: `dial`, `prefix` or `from_trunk`. */
export interface DialRule {
  dial?: string;
  prefix?: string;
  from_trunk?: string;
  trunk?: string;
  strip?: number;
  prepend?: string;
  min_digits?: number;
  max_digits?: number;
  allow?: string[];
  number?: string;
  extension?: string;
  service?: 'busy' | 'congestion' | 'echo' | 'ringback' | 'tone';
  announcement?: string;
  queue?: string;
  conference?: string;
  /** Of a conference; what is kept is told as `(kept)`. */
  pin?: string;
  max_members?: number;
  recording?: Recording;
}

export interface Queue {
  id: number;
  name: string;
  title: string;
  medium: Medium;
  direction: Standing['direction'];
  offer_timeout_s: number;
  wrap_up_s: number;
  priority: number;
  music: string | null;
  enabled: boolean;
  members: number[];
  pause_reasons: Named[];
  dispositions: Named[];
}

export interface Titled {
  id: number;
  title: string;
  enabled?: boolean;
}

/** A text, or one for each language. */
export type Words = string | Readonly<Record<string, string>>;

export type SettingKind = 'boolean' | 'choice' | 'dates' | 'entries' | 'integer' | 'lines' | 'queue' | 'secret' | 'text' | 'time-zone' | 'url' | 'week';

/** A field of a plugin's manifest. */
export interface SettingField {
  name: string;
  kind: SettingKind;
  title: Words;
  note?: Words | null;
  required?: boolean;
  default?: Words | null;
  choices?: { value: string; title: Words }[];
  least?: number | null;
  most?: number | null;
}

/** By the field's name; a secret is `true` where one is kept. */
export type Settings = Readonly<Record<string, string | boolean | number | null>>;

export interface Plugin {
  name: string;
  title: Words;
  description: Words | null;
  /** None of a plugin that cannot be read. */
  version: string | null;
  world: 'channel' | 'rule' | null;
  state: string;
  fault: string | null;
  /** Of a file that cannot be loaded. */
  fault_code: string | null;
  last_fault: { owner: string; code: string; n: number | null; detail: string | null } | null;
  faults: number;
  settings: SettingField[];
  capabilities: Readonly<Record<string, unknown>> | null;
  asks: { hosts?: string[]; kv?: boolean; live?: boolean; poll?: boolean; memory_mib?: number | null } | null;
  /** Whether it came with the program. */
  shipped: boolean;
}

export interface Plugins extends List<Plugin> {
  /** Whether plugins can run on this node at all. */
  running: boolean;
  /** Where they are looked for; `null` where that is for the node's operator to know. */
  folders: string[] | null;
}

export interface Inbox {
  id: number;
  name: string;
  title: string;
  plugin: string;
  queue_id: number | null;
  enabled: boolean;
  state: 'ready' | 'resting' | 'faulty' | 'off' | 'leads_nowhere';
  fault: string | null;
  fault_cause: FaultCause | null;
  account: { id: string; title: string } | null;
  remaining_steps: string[];
  hook_url: string | null;
  snippet: string | null;
  /** What ends the addresses of this inbox. */
  key: string;
  settings: Settings;
}

export interface Rule {
  id: number;
  title: string;
  plugin: string;
  settings: Settings;
  position: number;
  enabled: boolean;
  fault?: string | null;
  fault_cause?: FaultCause | null;
}

export interface Token {
  id: number;
  name: string;
  created_at_ms: number;
  seen_at_ms: number | null;
  /** Once, in the answer that made it. */
  token?: string;
}

export interface AuditRow {
  id: number;
  at_ms: number;
  actor: string;
  action: string;
  noun: string;
  noun_id: string;
  /** What people call it; empty: it needs no name. */
  noun_name: string | null;
  detail: Record<string, unknown> | null;
  address: string | null;
}

export interface Organization {
  id: number;
  name: string;
  title: string;
  sip_domain: string;
  recording: Recording;
  ring_timeout_s: number;
}
