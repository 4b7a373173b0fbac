// Everything the widget says by itself, in both languages.

const en = {
  open: 'Open chat',
  open_unread: 'Open chat, {count} unread',
  minimize: 'Minimize',
  messages: 'Messages',
  write: 'Write a message',
  send: 'Send',
  lead: 'Before we begin, please fill in:',
  start: 'Start chat',
  starting: 'Starting…',
  optional: 'optional',
  required: 'Please fill in this field.',
  refused: 'This was not accepted. Please check it.',
  email_wrong: 'This is not an e-mail address.',
  phone_wrong: 'This is not a telephone number.',
  name: 'Name',
  email: 'E-mail',
  phone: 'Phone',
  waiting: 'Someone will be with you shortly.',
  answered_by: '{name} is talking to you',
  lost: 'No connection. Trying again…',
  sending: 'Sending',
  sent: 'Sent',
  read: 'Read',
  not_sent: 'Not sent.',
  too_long: 'This message is too long.',
  again: 'Try again',
  typing: 'Typing…',
  typing_name: '{name} is typing…',
  end: 'End chat',
  end_sure: 'End this chat?',
  end_no: 'Keep talking',
  ended_visitor: 'You ended the chat.',
  ended_agent: 'The chat was ended.',
  anew: 'Start a new chat',
  you: 'You',
  agent: 'Agent',
  site_refused: 'The chat is not allowed on this site.',
  site_refused_todo: 'Administrator: add {origin} to the sites of the inbox.',
  close: 'Close',
};

export type Word = keyof typeof en;

const pt: Record<Word, string> = {
  open: 'Abrir o chat',
  open_unread: 'Abrir o chat, {count} não lidas',
  minimize: 'Minimizar',
  messages: 'Mensagens',
  write: 'Escreva uma mensagem',
  send: 'Enviar',
  lead: 'Antes de começar, preencha:',
  start: 'Iniciar conversa',
  starting: 'Iniciando…',
  optional: 'opcional',
  required: 'Preencha este campo.',
  refused: 'Isto não foi aceito. Confira, por favor.',
  email_wrong: 'Isto não é um endereço de e-mail.',
  phone_wrong: 'Isto não é um número de telefone.',
  name: 'Nome',
  email: 'E-mail',
  phone: 'Telefone',
  waiting: 'Em instantes alguém vai atender você.',
  answered_by: '{name} está atendendo você',
  lost: 'Sem conexão. Tentando de novo…',
  sending: 'Enviando',
  sent: 'Enviada',
  read: 'Lida',
  not_sent: 'Não enviada.',
  too_long: 'Esta mensagem é longa demais.',
  again: 'Tentar de novo',
  typing: 'Digitando…',
  typing_name: '{name} está digitando…',
  end: 'Encerrar conversa',
  end_sure: 'Encerrar esta conversa?',
  end_no: 'Continuar',
  ended_visitor: 'Você encerrou a conversa.',
  ended_agent: 'A conversa foi encerrada.',
  anew: 'Iniciar nova conversa',
  you: 'Você',
  agent: 'Atendente',
  site_refused: 'O chat não está autorizado neste site.',
  site_refused_todo: 'Administrador: inclua {origin} nos sites da caixa de entrada.',
  close: 'Fechar',
};

/** The page's language decides, then the browser's. */
const language = document.documentElement.lang || navigator.language;
const words = language.toLowerCase().startsWith('pt') ? pt : en;

export const locale = words === pt ? 'pt-BR' : 'en';

export function word(key: Word, values: Record<string, string | number> = {}): string {
  return words[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
