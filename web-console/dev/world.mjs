// A small contact centre in memory, for the console to be looked at without a gateway.

export const now = () => Date.now();

const MINUTE_MS = 60_000;

export const me = {
  id: 1,
  name: 'Ana Souza',
  email: 'ana@acme.example',
  role: 'administrator',
  permissions: ['attend', 'dial', 'supervise', 'interactions.read_all', 'contacts.edit', 'recordings.listen', 'users.manage', 'telephony.manage', 'queues.manage', 'inboxes.manage', 'plugins.manage', 'audit.read', 'tokens.manage'],
  organization: { id: 1, name: 'acme', title: 'Acme Comércio' },
  extension: '1001',
  webrtc: true,
  omnichannel: true,
  language: 'pt-BR',
  photo_url: null,
  csrf: 'csrf',
  server_time_ms: now(),
  version: '0.1.0',
};

const LUNCH = { id: 1, title: 'Almoço' };
const REST = { id: 2, title: 'Descanso' };
const DISPOSITIONS = [{ id: 1, title: 'Resolvido' }, { id: 2, title: 'Sem interesse' }, { id: 3, title: 'Retornar depois' }];

const standing = (queue_id, title, medium, direction, reasons) => ({ queue_id, name: title.toLowerCase(), title, medium, direction, state: 'offline', since_ms: null, reason: null, reasons });

export const presence = {
  queues: [standing(1, 'Vendas', 'voice', 'inbound', [LUNCH, REST]), standing(2, 'Suporte', 'voice', 'inbound', [LUNCH]), standing(3, 'Cobrança', 'voice', 'outbound', []), standing(4, 'Chat do site', 'chat', 'inbound', [LUNCH, REST]), standing(5, 'Telegram', 'chat', 'inbound', [])],
  wrap_up_until_ms: null,
  wrap_up_interaction: null,
};

const board = (queue_id, title, medium, waiting, since) => ({ queue_id, title, medium, waiting, agents_connected: 3, agents_free: 1, longest_waiting_since_ms: since, handled_today: 42, abandoned_today: 3, mean_handle_ms: 254_000 });

export const boards = [
  board(1, 'Vendas', 'voice', 2, now() - 61_000),
  board(2, 'Suporte', 'voice', 0, null),
  board(3, 'Cobrança', 'voice', 0, null),
  board(4, 'Chat do site', 'chat', 1, now() - 20_000),
  board(5, 'Telegram', 'chat', 0, null),
];

export const agents = ['Ana Souza', 'Bruno Lima', 'Carla Dias', 'Davi Rocha'].map((name, at) => ({
  id: at + 1,
  name,
  photo_url: null,
  standings: [{ queue_id: 1, state: at === 2 ? 'paused' : 'online', reason: at === 2 ? 'Almoço' : null, since_ms: now() - at * 7 * MINUTE_MS }],
  presence: 'here',
  open: { chats: at, calls: 0 },
  wrap_up_until_ms: null,
  interactions: [],
}));

let last = 0;

export function interaction(part) {
  last += 1;
  const { text, ...rest } = part;
  return {
    id: last,
    protocol: `202611210000${String(40 + last)}`,
    medium: 'chat',
    channel: 'webchat',
    direction: 'inbound',
    state: 'open',
    queue: { id: 4, title: 'Chat do site' },
    agent: { id: 1, name: me.name },
    contact: null,
    inbox: { id: 1, title: 'Site' },
    title: `Visitante ${last}`,
    customer: 'waiting',
    left_until_ms: null,
    unread: 0,
    started_at_ms: now() - last * 4 * MINUTE_MS,
    assigned_at_ms: now() - last * 3 * MINUTE_MS,
    answered_at_ms: null,
    ended_at_ms: null,
    ended_by: null,
    number: null,
    closed_at_ms: null,
    last: { text: text ?? 'Olá, bom dia!', at_ms: now() - last * MINUTE_MS, direction: 'in' },
    call: null,
    disposition: null,
    dispositions: DISPOSITIONS,
    tags: [],
    visitor: null,
    capabilities: {},
    draft: null,
    ...rest,
  };
}

export const contacts = ['Marina Alves', 'João Pereira', 'Oficina São Jorge', 'Luísa Prado', 'Padaria Central'].map((name, at) => ({
  id: at + 1,
  name,
  photo_url: null,
  language: null,
  identities: [{ id: at * 2 + 1, kind: 'phone', value: `+55119876540${at}0` }, { id: at * 2 + 2, kind: 'email', value: `${name.split(' ')[0].toLowerCase()}@mail.example` }],
  attributes: {},
  created_at_ms: now() - at * 86_400_000,
}));

const visitor = { origin: 'https://acme.example/planos', browser: 'Firefox 131', os: 'Linux', ip: '203.0.113.9', name: 'Marina', email: 'marina@mail.example', form: { assunto: 'Troca de plano' } };

export const open = [
  interaction({ customer: 'new', unread: 2, title: 'Marina', visitor, text: 'Quero trocar de plano' }),
  interaction({ customer: 'waiting', unread: 1, contact: contacts[1], channel: 'telegram', queue: { id: 5, title: 'Telegram' }, inbox: { id: 2, title: '@acme_bot' }, text: 'Vocês entregam em Santos?' }),
  interaction({ customer: 'answered', contact: contacts[2], tags: ['vip', 'frete'], visitor, text: 'Combinado, obrigado!' }),
  interaction({ customer: 'ended', title: 'Visitante 17', visitor, text: 'Era só isso, valeu', ended_at_ms: now(), ended_by: 'customer' }),
  interaction({ customer: 'left', title: 'Visitante 21', left_until_ms: now() + 71_000, visitor, text: 'Um instante' }),
  interaction({ state: 'waiting', agent: null, customer: 'waiting', title: 'Visitante 22', visitor, text: 'Alguém aí?' }),
];

export const callNow = () =>
  interaction({
    medium: 'voice',
    channel: 'voice',
    queue: { id: 1, title: 'Vendas' },
    inbox: null,
    title: '+5511987654321',
    customer: 'new',
    last: null,
    started_at_ms: now() - 9_000,
    capabilities: null,
    call: { id: 'c1', state: 'waiting', with: '+5511987654321', since_ms: now() - 9_000, recorded: true },
  });

export const closed = [
  interaction({ state: 'closed', contact: contacts[0], disposition: DISPOSITIONS[0], closed_at_ms: now() - 30 * MINUTE_MS, started_at_ms: now() - 45 * MINUTE_MS, customer: 'ended', ended_by: 'customer' }),
  interaction({
    state: 'closed', medium: 'voice', channel: 'voice', inbox: null, queue: { id: 1, title: 'Vendas' }, contact: contacts[0], title: '+5511987654300', disposition: DISPOSITIONS[1],
    closed_at_ms: now() - 90 * MINUTE_MS, started_at_ms: now() - 99 * MINUTE_MS, customer: 'ended', ended_by: 'agent', number: '+5511987654300', last: null, call: { id: 'old', state: 'ended', with: '+5511987654300', since_ms: now(), recorded: true },
  }),
];

let message = 0;

export const said = (interaction_id, direction, text, minutes, part = {}) => ({
  id: ++message,
  interaction_id,
  conversation_id: 1,
  direction,
  author: direction === 'out' || direction === 'comment' ? { id: 1, name: me.name } : null,
  text,
  format: 'plain',
  content: null,
  attachments: [],
  reply_to: null,
  state: direction === 'out' ? 'read' : 'none',
  reason: null,
  at_ms: now() - minutes * MINUTE_MS,
  edited_at_ms: null,
  deleted_at_ms: null,
  client_id: null,
  ...part,
});

export const messages = new Map(
  [...open, ...closed].map(({ id }) => [
    id,
    [
      said(id, 'system', 'Conversa iniciada em https://acme.example/planos', 14),
      said(id, 'in', 'Olá, bom dia!', 13),
      said(id, 'in', 'Quero saber se dá para trocar de plano sem perder o número. Vi em https://acme.example/planos que sim.', 13),
      said(id, 'out', 'Bom dia! Claro, vou verificar.', 12),
      said(id, 'comment', 'Cliente antigo, ver desconto com o Bruno.', 11),
      said(id, 'out', 'O plano 20 tem portabilidade sem custo.\nPosso mandar a proposta por e-mail?', 6, { state: 'delivered' }),
      said(id, 'in', 'Pode sim. E o prazo?', 3),
      said(id, 'out', 'Até três dias úteis.', 2, { state: 'failed', reason: 'O cliente bloqueou as mensagens' }),
    ],
  ]),
);
