import { catalogue } from '../../words/language';

export const say = catalogue(
  {
    title: 'Audit log',
    lead: 'Who changed what, and when. Nothing in it can be edited.',
    empty: 'Nothing here',
    empty_text: 'Nothing was changed, or nothing fits the filter.',
    at: 'When',
    actor: 'Who',
    what: 'Did',
    about: 'To what',
    change: 'Change',
    address: 'From',
    noun: 'About',
    noun_all: 'Everything',
    user: 'User',
    user_all: 'Everybody',
    details: 'Details',
    before_after: '{field}: {before} → {after}',
    fields: { one: '{n} detail', other: '{n} details' },
  },
  {
    title: 'Auditoria',
    lead: 'Quem mudou o quê, e quando. Nada nela pode ser editado.',
    empty: 'Nada aqui',
    empty_text: 'Nada foi mudado, ou nada corresponde ao filtro.',
    at: 'Quando',
    actor: 'Quem',
    what: 'Ação',
    about: 'Em quê',
    change: 'Mudança',
    address: 'De onde',
    noun: 'Sobre',
    noun_all: 'Tudo',
    user: 'Usuário',
    user_all: 'Todos',
    details: 'Detalhes',
    before_after: '{field}: {before} → {after}',
    fields: { one: '{n} detalhe', other: '{n} detalhes' },
  },
);

/** What was done, to what: the API's words as people say them; others are shown as they are. */
export const actions = catalogue(
  {
    create: 'created', change: 'changed', delete: 'deleted', log_in: 'logged in', log_in_failed: 'failed to log in', log_out: 'logged out', log_out_of_queues: 'logged out of queues', set_password: 'set the password',
    change_password: 'changed the password', link: 'created a link', install: 'installed', remove: 'removed', listen: 'listened to', supervise: 'supervised', record: 'recorded', mask_keys: 'masked keys', apply: 'applied',
  },
  {
    create: 'criou', change: 'mudou', delete: 'excluiu', log_in: 'entrou', log_in_failed: 'não conseguiu entrar', log_out: 'saiu', log_out_of_queues: 'tirou das filas', set_password: 'definiu a senha',
    change_password: 'trocou a senha', link: 'criou um link', install: 'instalou', remove: 'removeu', listen: 'ouviu', supervise: 'supervisionou', record: 'gravou', mask_keys: 'ocultou teclas', apply: 'aplicou',
  },
);

export const nouns = catalogue(
  {
    user: 'user', extension: 'extension', trunk: 'trunk', dial_rules: 'numbers', queue: 'queue', pause_reason: 'pause reason', disposition: 'disposition', inbox: 'inbox',
    plugin: 'plugin', rule: 'rule', token: 'access token', organization: 'organization', contact: 'contact', recording: 'recording', call: 'call', sound_clip: 'sound', conference_member: 'member of a conference', site: 'site file',
  },
  {
    user: 'usuário', extension: 'ramal', trunk: 'tronco', dial_rules: 'numeração', queue: 'fila', pause_reason: 'motivo de pausa', disposition: 'tabulação', inbox: 'caixa de entrada',
    plugin: 'plugin', rule: 'regra', token: 'token de acesso', organization: 'empresa', contact: 'contato', recording: 'gravação', call: 'chamada', sound_clip: 'som', conference_member: 'membro de conferência', site: 'arquivo de configuração',
  },
);

export const ACTIONS = ['create', 'change', 'delete', 'log_in', 'log_in_failed', 'log_out', 'log_out_of_queues', 'set_password', 'change_password', 'link', 'install', 'remove', 'listen', 'supervise', 'record', 'mask_keys', 'apply'] as const;
export const NOUNS = ['user', 'extension', 'trunk', 'dial_rules', 'queue', 'pause_reason', 'disposition', 'inbox', 'plugin', 'rule', 'token', 'organization', 'contact', 'recording', 'call', 'sound_clip', 'conference_member', 'site'] as const;
