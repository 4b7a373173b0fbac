// What only administrators see of the API.

import type { Medium, Named, Standing } from '../api/types';

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

export interface TrunkState {
  /** Of our registration there: `registered`, `off`, or what went wrong. */
  registration: string;
  /** Of our probes: `unknown`, `up` or `down`. */
  health: string;
  addresses: string[];
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

export type SettingKind = 'boolean' | 'choice' | 'dates' | 'entries' | 'integer' | 'lines' | 'secret' | 'text' | 'time-zone' | 'url' | 'week';

/** A field of a plugin's manifest. */
export interface SettingField {
  name: string;
  kind: SettingKind;
  title: Words;
  note?: Words | null;
  required?: boolean;
  default?: string | null;
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
  faults: number;
  settings: SettingField[];
  capabilities: Readonly<Record<string, unknown>> | null;
  asks: { hosts?: string[]; kv?: boolean; live?: boolean; poll?: boolean; memory_mib?: number | null } | null;
  /** Whether it came with the program. */
  shipped: boolean;
}

export interface Inbox {
  id: number;
  name: string;
  title: string;
  plugin: string;
  queue_id: number | null;
  enabled: boolean;
  state: 'ready' | 'resting' | 'faulty' | 'off';
  fault: string | null;
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
  noun_id: string | number | null;
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
