import { catalogue } from '../../words/language';

export const say = catalogue(
  {
    title: 'Rules',
    lead: 'Asked one after the other when an interaction arrives: business hours, a filter, a bot.',
    new: 'New rule',
    empty: 'No rule yet',
    empty_text: 'Without rules, everything goes to the queue of its number or inbox.',
    name: 'Title',
    plugin: 'Rule',
    position: 'Order',
    position_hint: 'Small numbers are asked first.',
    enabled: 'Enabled',
    none: 'No rule plugin is there.',
    delete_text: 'Interactions go where they would have gone without it.',
    failed: 'Failed',
  },
  {
    title: 'Regras',
    lead: 'Consultadas uma após a outra quando chega um atendimento: horário de atendimento, um filtro, um bot.',
    new: 'Nova regra',
    empty: 'Nenhuma regra ainda',
    empty_text: 'Sem regras, tudo vai para a fila do seu número ou caixa de entrada.',
    name: 'Título',
    plugin: 'Regra',
    position: 'Ordem',
    position_hint: 'Números pequenos são consultados antes.',
    enabled: 'Ativa',
    none: 'Não há nenhum plugin de regra.',
    delete_text: 'Os atendimentos vão para onde iriam sem ela.',
    failed: 'Falhou',
  },
);
