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
    mean_tip: 'Of what was closed today: the time of all its agents together, with wrap-up and without waiting.',
    nobody: 'nobody',
    none: 'No queue is assigned to you',
    none_way: 'Set up queues and add yourself',
    waiting_voice: 'Calls waiting',
    waiting_chat: 'Chats waiting',
  },
  {
    abandoned: 'Abandonadas hoje',
    agents: 'Atendentes',
    boards: 'Filas atribuídas',
    free: { one: '{n} livre', other: '{n} livres' },
    handled: 'Atendidas hoje',
    longest: 'Maior espera',
    mean: 'Tempo médio',
    mean_tip: 'Do que foi finalizado hoje: o tempo de todos os seus atendentes somado, com pós-atendimento e sem espera.',
    nobody: 'ninguém',
    none: 'Nenhuma fila está atribuída a você',
    none_way: 'Configurar filas e incluir-se',
    waiting_voice: 'Na fila',
    waiting_chat: 'Na fila',
  },
);
