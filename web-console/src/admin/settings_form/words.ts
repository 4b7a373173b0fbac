import { catalogue } from '../../words/language';

export const say = catalogue(
  {
    secret_kept: 'One is kept. Empty: it stays.',
    secret_replace: 'Replace',
    week_hint: 'One line for some days, such as mon-fri 08:00-12:00 13:30-18:00.',
    dates_hint: 'One a line: 2026-12-25, or 12-25 for each year.',
    needed: 'This is needed.',
    choose: 'Choose…',
    queue_none: 'No queue',
  },
  {
    secret_kept: 'Um está guardado. Vazio: fica como está.',
    secret_replace: 'Trocar',
    week_hint: 'Uma linha para alguns dias, como mon-fri 08:00-12:00 13:30-18:00.',
    dates_hint: 'Um por linha: 2026-12-25, ou 12-25 para todos os anos.',
    needed: 'Isto é necessário.',
    choose: 'Escolha…',
    queue_none: 'Nenhuma fila',
  },
);
