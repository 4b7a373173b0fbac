// Every text of the page in both languages, each written by hand. `{name}` is a place for a value.

const en = {
  trial: 'trial page', language: 'Language', sign_in_title: 'Register an extension',
  sign_in_hint: 'This page becomes a phone of that extension. It asks for your microphone.',
  extension: 'Extension', domain: 'SIP domain', domain_hint: 'The one that phones register with: the console shows it under Organization, and a site file as sip_domain.', password: 'Password', sign_in: 'Register', sign_out: 'Log out',
  dial_title: 'Dial', number: 'Number', dial: 'Call', keypad: 'Keypad', mute: 'Mute', again: 'Try again', hear: 'Let me hear',
  level_you: 'You', level_far: 'Other party', keys: 'Keys: A answer, E end, H hold, M mute.',
  calls_title: 'Calls', no_calls: 'No call. Dial a number, or wait for one.', log_title: 'What happened',
  quality_title: 'Quality', side_page: 'You', side_far: 'Other party', here_title: 'Seen by this browser',
  offer_title: 'Incoming call', waiting: 'Waiting', answer: 'Answer', reject: 'Reject',
  hold: 'Hold', resume: 'Resume', transfer: 'Transfer', transfer_to: 'Transfer to number', join: 'Connect with {who}',
  hang_up: 'Hang up', from: 'from {who}', to: 'to {who}', recorded: 'recorded', far_held: 'on hold by the other party',
  seat_none: 'Not registered', seat_connecting: 'Connecting…', seat_connected: 'Ready: {who}', seat_lost: 'Connection lost, coming back…',
  seat_taken: 'In use by another page', take_back: 'Use it here', seat_offline: 'Gateway not reached, trying again…',
  state_ringing: 'Ringing', state_dialling: 'Dialling', state_alerting: 'Ringing there', state_talking: 'Talking', state_held: 'On hold',
  state_transferring: 'Transferring',
  loss: 'Lost coming in', remote_loss: 'Lost going out', jitter: 'Jitter', round_trip: 'Round trip', mos: 'MOS', codec: 'Codec', heard: 'Last heard',
  now: 'now', ago: '{n} s ago', never: 'never', bitrate: 'Receives', sends: 'Sends', path: 'Path', concealed: 'Concealed',
  one_way_page: 'The gateway hears nothing from you. Is the microphone muted?', one_way_far: 'Nothing comes from the other party.',
  log_incoming: '{who} calls', log_dialled: 'You call {who}', log_answered: '{who} is on the line', log_ended: '{who}: {why}', log_digit: '{who} pressed {digit}',
  log_transfer_ringing: 'Transfer: it rings there', log_transfer_done: 'Transfer done', log_transfer_failed: 'Transfer failed: {why}', log_seat: 'Seat: {state}',
  microphone_denied: 'The browser does not give the microphone to this page. Allow it beside the address, then try again.',
  microphone_missing: 'No microphone was found. Plug one in, then try again.',
  insecure: 'Browsers give a microphone to https and localhost only. Open the page under one of them.',
  fault_400: 'The gateway could not read what this page sent.', fault_401: 'Extension, domain or password is not right, or the registration has run out.',
  fault_403: 'This extension may not call that number.', fault_404: 'This call is over.', fault_409: 'Not possible in this moment.',
  fault_422: 'Browser and gateway have no codec in common.', fault_429: 'Too many attempts. Wait a little.', fault_503: 'The gateway is full or going down. Try again soon.',
  fault_other: 'The gateway could not do it ({status}).', fault_network: 'The gateway does not answer. Is it running?',
  end_normal_clearing: 'ended', end_caller_cancelled: 'the caller gave up', end_no_answer: 'no answer', end_busy: 'busy', end_declined: 'declined',
  end_number_unknown: 'no such number', end_not_registered: 'not registered', end_not_allowed: 'not allowed', end_media_incompatible: 'no codec in common',
  end_trunk_unreachable: 'the carrier is not reached', end_trunk_refused: 'refused by the carrier', end_overloaded: 'the gateway is full', end_peer_lost: 'the other party was lost',
  end_service_finished: 'finished', end_time_limit: 'the longest time for a call is over', end_transferred: 'transferred', end_operator: 'ended by the operator',
  end_node_stopped: 'the gateway stopped', end_answered_elsewhere: 'answered elsewhere', end_browser_lost: 'the browser was lost',
  end_network_incompatible: 'IPv4 on one side, IPv6 on the other', end_malformed: 'not understood', end_no_such_dialog: 'the other call is over', end_not_acknowledged: 'the answer did not arrive',
  end_pin_locked: 'too many wrong PINs: try again in 15 minutes', end_wrong_pin: 'the right PIN did not come', end_other: 'the call failed',
};

const pt = {
  trial: 'página de teste', language: 'Idioma', sign_in_title: 'Registrar um ramal',
  sign_in_hint: 'Esta página vira um telefone desse ramal. Ela pede o seu microfone.',
  extension: 'Ramal', domain: 'Domínio SIP', domain_hint: 'Aquele com que os aparelhos se registram: o console o mostra em Empresa, e um arquivo de site como sip_domain.', password: 'Senha', sign_in: 'Registrar', sign_out: 'Sair',
  dial_title: 'Discar', number: 'Número', dial: 'Ligar', keypad: 'Teclado', mute: 'Mudo', again: 'Tentar de novo', hear: 'Quero ouvir',
  level_you: 'Você', level_far: 'Outra parte', keys: 'Teclas: A atender, E encerrar, H espera, M mudo.',
  calls_title: 'Chamadas', no_calls: 'Nenhuma chamada. Disque um número ou espere por uma.', log_title: 'O que aconteceu',
  quality_title: 'Qualidade', side_page: 'Você', side_far: 'Outra parte', here_title: 'Visto por este navegador',
  offer_title: 'Chamada recebida', waiting: 'Esperando há', answer: 'Atender', reject: 'Recusar',
  hold: 'Espera', resume: 'Retomar', transfer: 'Transferir', transfer_to: 'Transferir para o número', join: 'Conectar com {who}',
  hang_up: 'Desligar', from: 'de {who}', to: 'para {who}', recorded: 'gravada', far_held: 'em espera pela outra parte',
  seat_none: 'Sem registro', seat_connecting: 'Conectando…', seat_connected: 'Pronto: {who}', seat_lost: 'Conexão perdida, voltando…',
  seat_taken: 'Em uso em outra página', take_back: 'Usar aqui', seat_offline: 'Sem contato com o gateway, tentando de novo…',
  state_ringing: 'Tocando', state_dialling: 'Discando', state_alerting: 'Chamando', state_talking: 'Em conversa', state_held: 'Em espera',
  state_transferring: 'Transferindo',
  loss: 'Perda na vinda', remote_loss: 'Perda na ida', jitter: 'Jitter', round_trip: 'Ida e volta', mos: 'MOS', codec: 'Codec', heard: 'Ouvido',
  now: 'agora', ago: 'há {n} s', never: 'nunca', bitrate: 'Recebe', sends: 'Envia', path: 'Caminho', concealed: 'Disfarçado',
  one_way_page: 'O gateway não ouve nada de você. O microfone está mudo?', one_way_far: 'Nada chega da outra parte.',
  log_incoming: '{who} está ligando', log_dialled: 'Você liga para {who}', log_answered: '{who} está na linha', log_ended: '{who}: {why}', log_digit: '{who} apertou {digit}',
  log_transfer_ringing: 'Transferência: está tocando lá', log_transfer_done: 'Transferência feita', log_transfer_failed: 'A transferência falhou: {why}', log_seat: 'Posto: {state}',
  microphone_denied: 'O navegador não dá o microfone a esta página. Permita-o ao lado do endereço e tente de novo.',
  microphone_missing: 'Nenhum microfone encontrado. Conecte um e tente de novo.',
  insecure: 'Navegadores só dão o microfone a https e localhost. Abra a página por um deles.',
  fault_400: 'O gateway não conseguiu ler o que esta página enviou.', fault_401: 'Ramal, domínio ou senha não conferem, ou o registro venceu.',
  fault_403: 'Este ramal não pode ligar para esse número.', fault_404: 'Esta chamada já terminou.', fault_409: 'Não é possível neste momento.',
  fault_422: 'Navegador e gateway não têm codec em comum.', fault_429: 'Tentativas demais. Espere um pouco.', fault_503: 'O gateway está cheio ou parando. Tente de novo em breve.',
  fault_other: 'O gateway não conseguiu ({status}).', fault_network: 'O gateway não responde. Ele está no ar?',
  end_normal_clearing: 'terminou', end_caller_cancelled: 'quem ligava desistiu', end_no_answer: 'não atendeu', end_busy: 'ocupado', end_declined: 'recusada',
  end_number_unknown: 'número inexistente', end_not_registered: 'sem registro', end_not_allowed: 'não permitido', end_media_incompatible: 'nenhum codec em comum',
  end_trunk_unreachable: 'sem contato com a operadora', end_trunk_refused: 'recusada pela operadora', end_overloaded: 'o gateway está cheio', end_peer_lost: 'a outra parte se perdeu',
  end_service_finished: 'terminou', end_time_limit: 'passou do tempo máximo', end_transferred: 'transferida', end_operator: 'encerrada pelo operador',
  end_node_stopped: 'o gateway parou', end_answered_elsewhere: 'atendida em outro lugar', end_browser_lost: 'o navegador se perdeu',
  end_network_incompatible: 'IPv4 de um lado, IPv6 do outro', end_malformed: 'não compreendida', end_no_such_dialog: 'a outra chamada terminou', end_not_acknowledged: 'a resposta não chegou',
  end_pin_locked: 'PINs errados demais: tente de novo em 15 minutos', end_wrong_pin: 'o PIN certo não veio', end_other: 'a chamada falhou',
};

export const tables = { en, 'pt-BR': pt };
const KEPT = 'ramal.language';

let language = localStorage.getItem(KEPT) ?? (navigator.language.startsWith('pt') ? 'pt-BR' : 'en');

export const currentLanguage = () => language;

/** The text of a key, or `null`; `values` go into its places. */
export function word(key, values = {}) {
  const text = tables[language][key];
  return text?.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '') ?? null;
}

/** Writes all texts of the page in this language, and keeps the choice. */
export function speak(wanted) {
  language = wanted in tables ? wanted : 'en';
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-word]')) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll('[data-word-label]')) element.setAttribute('aria-label', word(element.dataset.wordLabel));
  for (const element of document.querySelectorAll('[data-word-placeholder]')) element.placeholder = word(element.dataset.wordPlaceholder);
}

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

export const clock = (ms) => new Intl.DateTimeFormat(language, { timeStyle: 'medium' }).format(new Date(ms));

/** `00:04:31` of a span in milliseconds. */
export function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((n) => String(n).padStart(2, '0')).join(':');
}
