// What the API says, as one reads it. Times are milliseconds since 1970.

export type Role = 'administrator' | 'supervisor' | 'agent';
export type Medium = 'voice' | 'chat';
export type Permission =
  | 'attend'
  | 'dial'
  | 'supervise'
  | 'interactions.read_all'
  | 'contacts.edit'
  | 'recordings.listen'
  | 'users.manage'
  | 'telephony.manage'
  | 'queues.manage'
  | 'inboxes.manage'
  | 'plugins.manage'
  | 'audit.read'
  | 'tokens.manage';

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Me {
  id: number;
  name: string;
  email: string;
  role: Role;
  permissions: Permission[];
  organization: { id: number; name: string; title: string };
  extension: string | null;
  webrtc: boolean;
  omnichannel: boolean;
  language: 'pt-BR' | 'en';
  photo_url: string | null;
  csrf: string;
  server_time_ms: number;
  version: string;
}

export interface User {
  id: number;
  name: string;
  email: string;
  role: Role;
  extension: string | null;
  webrtc: boolean;
  omnichannel: boolean;
  language: 'pt-BR' | 'en';
  photo_url: string | null;
  enabled: boolean;
  capacity: { chats: number; calls: number };
  queues: number[];
  created_at_ms: number;
  /** Once, in the answer that made the user. */
  setup_link?: string;
}

export interface Named {
  id: number;
  title: string;
}

export interface Person {
  id: number;
  name: string;
}

export interface Standing {
  queue_id: number;
  name: string;
  title: string;
  medium: Medium;
  direction: 'inbound' | 'outbound';
  state: 'offline' | 'online' | 'paused';
  since_ms: number | null;
  reason: Named | null;
  reasons: Named[];
}

export interface Presence {
  queues: Standing[];
  wrap_up_until_ms: number | null;
  wrap_up_interaction: number | null;
}

export interface CallOfInteraction {
  id: string;
  state: 'waiting' | 'talking' | 'held' | 'ended';
  with: string;
  since_ms: number;
  recorded: boolean;
}

export interface Visitor {
  origin?: string;
  browser?: string;
  os?: string;
  ip?: string;
  name?: string;
  email?: string;
  form?: Record<string, string>;
}

export type Customer = 'new' | 'waiting' | 'answered' | 'ended' | 'left';

/** Whose doing it is that an Interaction has ended; `transfer`: it goes on where no agent has it. */
export type EndedBy = 'customer' | 'agent' | 'system' | 'transfer';

/** What the channel's plugin can do; a missing word is "no". */
export type Capabilities = Readonly<Record<string, unknown>>;

export interface Interaction {
  id: number;
  protocol: string;
  medium: Medium;
  channel: string;
  direction: 'inbound' | 'outbound';
  state: 'waiting' | 'offered' | 'open' | 'closed';
  queue: Named | null;
  agent: Person | null;
  contact: { id: number; name: string; photo_url: string | null } | null;
  inbox: Named | null;
  title: string;
  /** Of a call: the other party's number. */
  number: string | null;
  customer: Customer;
  left_until_ms: number | null;
  unread: number;
  started_at_ms: number;
  /** Since when it waits for an agent, also after a transfer. */
  waiting_since_ms: number | null;
  assigned_at_ms: number | null;
  answered_at_ms: number | null;
  ended_at_ms: number | null;
  ended_by: EndedBy | null;
  closed_at_ms: number | null;
  last: { text: string; at_ms: number; direction: Message['direction'] } | null;
  call: CallOfInteraction | null;
  /** Of a call: its name, also when it is over. */
  call_id: string | null;
  disposition: Named | null;
  dispositions: Named[];
  tags: string[];
  visitor: Visitor | null;
  capabilities: Capabilities | null;
  draft: string | null;
}

export interface Offer {
  id: number;
  interaction: Interaction;
  until_ms: number;
}

export interface Board {
  queue_id: number;
  title: string;
  medium: Medium;
  waiting: number;
  agents_connected: number;
  agents_free: number;
  longest_waiting_since_ms: number | null;
  handled_today: number;
  abandoned_today: number;
  mean_handle_ms: number | null;
}

export interface AgentLive {
  id: number;
  name: string;
  photo_url: string | null;
  standings: { queue_id: number; state: Standing['state']; reason: string | null; since_ms: number }[];
  presence: 'here' | 'lost' | 'away';
  open: { chats: number; calls: number };
  /** The number that he is called at, on a phone or in his browser. */
  extension: string | null;
  /** What he can be given: calls need an extension and a browser. */
  takes: Medium[];
  /** What he lacks to be given the calls of his queues. */
  calls_need: 'extension' | 'webrtc' | null;
  /** He talks, rings or dials; also in a call of his own. */
  in_call: boolean;
  wrap_up_until_ms: number | null;
  /** Only for those who supervise. */
  interactions: { id: number; protocol: string; title: string; medium: Medium; since_ms: number }[];
}

export interface Desk {
  server_time_ms: number;
  presence: Presence;
  interactions: Interaction[];
  offers: Offer[];
  boards: Board[];
  agents: AgentLive[];
}

export interface Attachment {
  id: number;
  kind: string;
  media_type: string;
  file_name: string;
  size_bytes: number;
  url: string;
}

export type Delivery = 'queued' | 'sent' | 'delivered' | 'read' | 'failed' | 'unknown' | 'none';

export interface Message {
  id: number;
  interaction_id: number;
  conversation_id: number;
  direction: 'in' | 'out' | 'comment' | 'system';
  author: Person | null;
  text: string;
  format: 'plain' | 'markdown';
  content: unknown;
  attachments: Attachment[];
  reply_to: number | null;
  state: Delivery;
  reason: string | null;
  at_ms: number;
  edited_at_ms: number | null;
  deleted_at_ms: number | null;
  client_id: string | null;
}

export interface Note {
  id: number;
  text: string;
  at_ms: number;
  /** `null`: a rule wrote it. */
  author: Person | null;
}

export interface Identity {
  id?: number;
  kind: 'phone' | 'email' | 'handle' | 'provider';
  value: string;
  inbox_id?: number;
}

export interface Contact {
  id: number;
  name: string;
  photo_url: string | null;
  language: string | null;
  identities: Identity[];
  attributes: Record<string, unknown>;
  created_at_ms: number;
}

export interface Recording {
  id: number | string;
  seconds: number;
  started_at_ms: number;
  url: string;
  /** Where nothing was kept, in seconds from its beginning. */
  pauses: { from_s: number; to_s: number }[];
}

/** A call as the page's own Seat sees it (docs/webrtc.md). */
export interface PageCall {
  id: string;
  direction: 'incoming' | 'outgoing';
  state: 'ringing' | 'dialling' | 'alerting' | 'talking' | 'held' | 'transferring';
  far_held: boolean;
  number: string | null;
  name: string | null;
  dialled: string | null;
  started_at_ms: number;
  answered_at_ms: number | null;
  recorded: boolean;
  recording: CallRecording;
  keys_masked: boolean;
  /** Who is heard beside oneself and the other party. */
  others: PageParty[];
  /** The own call that whoever answers this one comes into. */
  joins: string | null;
  /** How one supervises the call of somebody else. */
  supervision: Supervision | null;
  /** The sound clip that is being played into it. */
  clip: number | null;
  /** How one is in the conference that it leads into. */
  conference: { name: string; asks_pin: boolean; muted: boolean; deaf: boolean } | null;
}

export type CallRecording = 'off' | 'on' | 'on_demand' | 'paused';
export type Supervision = 'listen' | 'whisper' | 'barge';

export interface PageParty {
  id: number;
  number: string;
  name: string | null;
  role: 'party' | 'third' | 'supervisor';
  /** A supervisor whom the customer does not hear. */
  whispers: boolean;
  /** Nothing comes of its browser; it leaves when its grace is over. */
  lost: boolean;
}

/** A sound that agents play into calls. */
export interface SoundClip {
  id: number;
  title: string;
  media_type: string;
  seconds: number;
  /** What was spoken, where it was made of a text. */
  text: string | null;
  /** Agents are not offered it. */
  archived: boolean;
  created_at_ms: number;
}

export interface HistoryEvent {
  id: number;
  at_ms: number;
  kind: string;
  user?: Person | null;
  detail: Record<string, unknown> | null;
}
