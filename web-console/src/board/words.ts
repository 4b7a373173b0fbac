import { catalogue } from '../words/language';

export const say = catalogue(
  {
    abandoned: 'Abandoned today',
    agents: 'Agents',
    boards: 'Assigned queues',
    free: { one: '{n} free', other: '{n} free' },
    handled: 'Handled today',
    longest: 'Longest waiting',
    mean: 'Average time',
    nobody: 'nobody',
    none: 'No queue is assigned to you',
    none_way: 'Set up queues and add yourself',
    waiting_voice: 'Waiting calls',
    waiting_chat: 'Waiting chats',
  },
  {
    abandoned: 'Abandonadas hoje',
    agents: 'Atendentes',
    boards: 'Filas atribuídas',
    free: { one: '{n} livre', other: '{n} livres' },
    handled: 'Atendidas hoje',
    longest: 'Maior espera',
    mean: 'Tempo médio',
    nobody: 'ninguém',
    none: 'Nenhuma fila está atribuída a você',
    none_way: 'Configurar filas e incluir-se',
    waiting_voice: 'Na fila',
    waiting_chat: 'Na fila',
  },
);
