// What ails an inbox or a rule: a sentence for each code of the node, in both languages.

import { catalogue } from '../../words/language';

export const CODES = [
  'alarm', 'cleartext_not_granted', 'host_not_granted', 'host_not_named', 'never_connected', 'no_plugin', 'other_key', 'out_of_memory', 'out_of_time', 'private_not_granted',
  'provider_busy', 'provider_fails', 'setting_missing', 'setting_wrong', 'token_refused', 'too_much', 'too_slow', 'trap', 'unsupported',
] as const;

export const say = catalogue<(typeof CODES)[number]>(
  {
    alarm: '{reason}',
    cleartext_not_granted: '{plugin} may not send requests without TLS ({place}). On the server: {command}',
    host_not_granted: '{plugin} may not send requests to {host}. On the server: {command}',
    host_not_named: '{plugin} sends requests to {host}, which its manifest does not name: its author has to add it.',
    never_connected: 'It was never connected.',
    no_plugin: 'Its plugin is not installed on this node, or cannot be loaded.',
    other_key: 'Its secrets cannot be opened with the key of this node: fill them in again.',
    out_of_memory: 'The plugin wanted more than {n} MiB of memory.',
    out_of_time: 'The plugin computed longer than {n} ms.',
    private_not_granted: '{plugin} may not reach hosts in this machine or in private networks ({host}). On the server: {command}',
    provider_busy: 'The provider could not be asked: it asks for patience.',
    provider_fails: 'The provider could not be asked: {reason}',
    setting_missing: 'The field “{field}” must be filled in.',
    setting_wrong: 'The field “{field}” does not fit. {reason}',
    token_refused: 'The provider refuses the token: {reason}',
    too_much: 'The plugin gave back {n} of what may be 1,000 at most.',
    too_slow: 'The plugin did not end within {n} ms.',
    trap: 'The plugin broke off. {reason}',
    unsupported: 'The plugin cannot do what it is asked for.',
  },
  {
    alarm: '{reason}',
    cleartext_not_granted: '{plugin} não pode enviar requisições sem TLS ({place}). No servidor: {command}',
    host_not_granted: '{plugin} não pode enviar requisições a {host}. No servidor: {command}',
    host_not_named: '{plugin} envia requisições a {host}, que o manifesto dele não menciona: o autor precisa acrescentá-lo.',
    never_connected: 'Nunca foi conectada.',
    no_plugin: 'O plugin não está instalado neste nó ou não pode ser carregado.',
    other_key: 'Os segredos não podem ser abertos com a chave deste nó: preencha-os de novo.',
    out_of_memory: 'O plugin quis mais de {n} MiB de memória.',
    out_of_time: 'O plugin calculou por mais de {n} ms.',
    private_not_granted: '{plugin} não pode alcançar hosts desta máquina ou de redes privadas ({host}). No servidor: {command}',
    provider_busy: 'Não foi possível consultar o provedor: ele pede paciência.',
    provider_fails: 'Não foi possível consultar o provedor: {reason}',
    setting_missing: 'O campo “{field}” precisa ser preenchido.',
    setting_wrong: 'O campo “{field}” não serve. {reason}',
    token_refused: 'O provedor recusa o token: {reason}',
    too_much: 'O plugin devolveu {n} onde o máximo é 1.000.',
    too_slow: 'O plugin não terminou em {n} ms.',
    trap: 'O plugin parou no meio. {reason}',
    unsupported: 'O plugin não consegue fazer o que se pede dele.',
  },
);
