// What goes over the line, as plugins/webchat/README.md has it.

export interface Field {
  name: string;
  kind: 'text' | 'email' | 'phone';
  /** None for name, e-mail and phone: these have our own words. */
  label: string | null;
  required: boolean;
}

/** What the site's owner chose. */
export interface Appearance {
  title: string;
  greeting: string;
  /** `#rrggbb` */
  colour: string;
  position: 'right' | 'left';
  /** Asked before a conversation; empty: nothing is. */
  form: Field[];
  /** Longest message. */
  text_characters: number;
}

export type Answers = Record<string, string>;

export interface Start {
  type: 'start';
  page: string;
  language: string;
  form: Answers;
}

export type Said =
  | { type: 'hello' }
  | Start
  | { type: 'say'; id: string; text: string }
  | { type: 'typing'; active: boolean }
  | { type: 'seen'; ids: string[]; state: 'delivered' | 'read' }
  | { type: 'end' }
  | { type: 'ping' };

export interface Message {
  id: string;
  from: 'visitor' | 'agent' | 'system';
  name: string | null;
  text: string;
  /** Unix ms. */
  at: number;
  state: string;
}

export type FaultCode = 'form' | 'not_started' | 'too_long' | 'bad_id' | 'not_understood';

export type Heard =
  | { type: 'welcome'; visitor: string }
  | { type: 'state'; open: boolean; messages: Message[]; first?: boolean; more: boolean }
  | { type: 'started' }
  | ({ type: 'message' } & Message)
  | { type: 'status'; id: string; state: 'read' }
  | { type: 'typing'; active: boolean }
  | { type: 'ended'; by: 'visitor' | 'agent' }
  | { type: 'fault'; code: FaultCode; field: string | null; id: string | null }
  | { type: 'pong' };
