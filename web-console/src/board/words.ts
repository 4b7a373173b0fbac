import { catalogue } from '../words/language';

export const say = catalogue(
  {
    abandoned: 'Abandoned today',
    agents: 'Agents connected',
    boards: 'Assigned queues',
    free: { one: '{n} free', other: '{n} free' },
    handled: 'Handled today',
    longest: 'Longest waiting',
    mean: 'Average handle time',
    nobody: 'nobody',
    none: 'No queue is assigned to you',
    waiting: 'Waiting',
    waiting_voice: 'Calls waiting',
    waiting_chat: 'Conversations waiting',
  },
  {
    abandoned: 'Abandonadas hoje',
    agents: 'Agentes conectados',
    boards: 'Filas atribuídas',
    free: { one: '{n} livre', other: '{n} livres' },
    handled: 'Atendidas hoje',
    longest: 'Maior espera',
    mean: 'Tempo médio de atendimento',
    nobody: 'ninguém',
    none: 'Nenhuma fila está atribuída a você',
    waiting: 'Esperando',
    waiting_voice: 'Chamadas em espera',
    waiting_chat: 'Conversas em espera',
  },
);
