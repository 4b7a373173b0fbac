// Why a call ended, in words: the codes of call records and events.

import { catalogue } from '../words/language';

const REASONS = [
  'normal_clearing', 'caller_cancelled', 'no_answer', 'busy', 'in_call_already', 'declined', 'number_unknown', 'not_registered', 'not_allowed', 'pin_locked', 'wrong_pin', 'no_such_dialog', 'media_incompatible', 'network_incompatible',
  'malformed', 'trunk_unreachable', 'trunk_refused', 'overloaded', 'browser_lost', 'peer_lost', 'not_acknowledged', 'service_finished', 'time_limit', 'transferred', 'operator', 'node_stopped', 'node_failure', 'answered_elsewhere',
] as const;

type Reason = (typeof REASONS)[number];

const words = catalogue<Reason | 'ended_caller' | 'ended_callee' | 'ended_system' | 'unknown'>(
  {
    answered_elsewhere: 'Answered elsewhere',
    browser_lost: 'The connection to the browser was lost',
    busy: 'Busy',
    caller_cancelled: 'Given up by the caller before an answer',
    declined: 'Refused by the called party',
    ended_callee: 'The called party hung up',
    ended_caller: 'The caller hung up',
    ended_system: 'Ended by the system',
    malformed: 'The other side sent what cannot be understood',
    in_call_already: 'Whoever has this number is in the call already',
    media_incompatible: 'The two sides share no format of sound',
    network_incompatible: 'The two sides cannot reach each other: IPv4 and IPv6',
    no_answer: 'No answer',
    no_such_dialog: 'The call to be taken over was gone',
    node_failure: 'The server failed during the call',
    node_stopped: 'The server was stopped',
    normal_clearing: 'Ended normally',
    not_acknowledged: 'The answer never reached the caller',
    not_allowed: 'The caller may not call this number',
    not_registered: 'No phone is connected there',
    number_unknown: 'There is no such number',
    operator: 'Ended by an operator',
    overloaded: 'All lines are busy: a limit was reached',
    peer_lost: 'The connection to a phone was lost',
    pin_locked: 'Locked after too many wrong PINs',
    service_finished: 'The announcement ended',
    time_limit: 'The maximum length of a call was reached',
    transferred: 'Handed over by a transfer',
    trunk_refused: 'The carrier refused it',
    trunk_unreachable: 'The carrier did not answer',
    unknown: 'Ended for an unknown reason',
    wrong_pin: 'The PIN was wrong or missing',
  },
  {
    answered_elsewhere: 'Atendida em outro lugar',
    browser_lost: 'A conexão com o navegador caiu',
    busy: 'Ocupado',
    caller_cancelled: 'Quem ligou desistiu antes de ser atendido',
    declined: 'Recusada por quem foi chamado',
    ended_callee: 'Quem foi chamado desligou',
    ended_caller: 'Quem ligou desligou',
    ended_system: 'Encerrada pelo sistema',
    malformed: 'O outro lado enviou algo que não se entende',
    in_call_already: 'Quem tem este número já está na chamada',
    media_incompatible: 'Os dois lados não têm um formato de áudio em comum',
    network_incompatible: 'Os dois lados não se alcançam: IPv4 e IPv6',
    no_answer: 'Não atendida',
    no_such_dialog: 'A chamada a ser assumida já não existia',
    node_failure: 'O servidor falhou durante a chamada',
    node_stopped: 'O servidor foi parado',
    normal_clearing: 'Encerrada normalmente',
    not_acknowledged: 'A resposta não chegou a quem ligou',
    not_allowed: 'Quem ligou não pode ligar para este número',
    not_registered: 'Nenhum aparelho está conectado ali',
    number_unknown: 'Este número não existe',
    operator: 'Encerrada por um operador',
    overloaded: 'Todas as linhas ocupadas: um limite foi atingido',
    peer_lost: 'A conexão com um telefone caiu',
    pin_locked: 'Bloqueada após muitos PINs errados',
    service_finished: 'O anúncio chegou ao fim',
    time_limit: 'O tempo máximo de uma chamada foi atingido',
    transferred: 'Passada adiante por transferência',
    trunk_refused: 'A operadora recusou',
    trunk_unreachable: 'A operadora não respondeu',
    unknown: 'Encerrada por motivo desconhecido',
    wrong_pin: 'O PIN estava errado ou não veio',
  },
);

/** `by`: who ended it, where that says more than the reason. */
export function endReason(code: string, by: 'caller' | 'callee' | 'system' | null = null): string {
  if (code === 'normal_clearing' && by) return words(`ended_${by}`);
  return words(REASONS.find((one) => one === code) ?? 'unknown');
}
