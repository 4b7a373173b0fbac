import { catalogue } from '../../words/language';

export const reasons = catalogue(
  {
    title: 'Pause reasons',
    lead: 'Why an agent takes nothing for a while. Queues choose which of them count.',
    new: 'New reason',
    empty: 'No pause reason yet',
    empty_text: 'Only queues with reasons can be paused.',
    queues: 'Queues',
    queues_hint: 'Queues choose which reasons count.',
    everywhere: 'All',
    nowhere: 'None',
    delete_text: 'Who is paused with it stays paused until he is ready.',
  },
  {
    title: 'Motivos de pausa',
    lead: 'Por que um atendente fica um tempo sem receber nada. As filas escolhem quais valem.',
    new: 'Novo motivo',
    empty: 'Nenhum motivo de pausa ainda',
    empty_text: 'Só filas com motivos podem ser pausadas.',
    queues: 'Filas',
    queues_hint: 'As filas escolhem quais motivos valem.',
    everywhere: 'Todas',
    nowhere: 'Nenhuma',
    delete_text: 'Quem está em pausa por ele continua em pausa até ficar pronto.',
  },
);

export const dispositions = catalogue(
  {
    title: 'Dispositions',
    lead: 'What came of an interaction: agents choose one at the end. A new one is offered in all queues.',
    new: 'New disposition',
    empty: 'No disposition yet',
    empty_text: 'Without any, interactions end without a disposition.',
    queues: 'Queues',
    queues_hint: 'Agents of these queues are offered it. Each queue can change that.',
    everywhere: 'All',
    nowhere: 'None: no agent is offered it',
    delete_text: 'Interactions that have it keep its title in the history.',
  },
  {
    title: 'Tabulações',
    lead: 'No que deu o atendimento: o atendente escolhe uma no fim. Uma nova é oferecida em todas as filas.',
    new: 'Nova tabulação',
    empty: 'Nenhuma tabulação ainda',
    empty_text: 'Sem elas, os atendimentos terminam sem tabulação.',
    queues: 'Filas',
    queues_hint: 'É oferecida aos atendentes destas filas. Cada fila pode mudar isso.',
    everywhere: 'Todas',
    nowhere: 'Nenhuma: não é oferecida a ninguém',
    delete_text: 'Os atendimentos que a têm guardam seu título no histórico.',
  },
);

export type Say = typeof reasons;
