import { catalogue } from '../../words/language';

export const reasons = catalogue(
  {
    title: 'Pause reasons',
    lead: 'Why an agent takes nothing for a while. Queues choose which of them count.',
    new: 'New reason',
    empty: 'No pause reason yet',
    empty_text: 'Only queues with reasons can be paused.',
    delete_text: 'Who is paused with it stays paused until he is ready.',
  },
  {
    title: 'Motivos de pausa',
    lead: 'Por que um atendente fica um tempo sem receber nada. As filas escolhem quais valem.',
    new: 'Novo motivo',
    empty: 'Nenhum motivo de pausa ainda',
    empty_text: 'Só filas com motivos podem ser pausadas.',
    delete_text: 'Quem está em pausa por ele continua em pausa até ficar pronto.',
  },
);

export const dispositions = catalogue(
  {
    title: 'Dispositions',
    lead: 'What came of an interaction: agents choose one at the end. Queues choose which of them are offered.',
    new: 'New disposition',
    empty: 'No disposition yet',
    empty_text: 'Without any, interactions end without an outcome.',
    delete_text: 'Interactions that have it keep its title in the history.',
  },
  {
    title: 'Tabulações',
    lead: 'No que deu a interação: o atendente escolhe uma no fim. As filas escolhem quais são oferecidas.',
    new: 'Nova tabulação',
    empty: 'Nenhuma tabulação ainda',
    empty_text: 'Sem elas, as interações terminam sem resultado.',
    delete_text: 'As interações que a têm guardam seu título no histórico.',
  },
);

export type Say = typeof reasons;
