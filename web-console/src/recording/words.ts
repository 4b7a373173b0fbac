import { catalogue } from '../words/language';

export const say = catalogue(
  {
    no_recording: 'No recording.',
    record_pause: 'Paused from {from} to {to}: nothing was kept.',
    recording: 'Recording',
    speed: 'Speed',
  },
  {
    no_recording: 'Sem gravação.',
    record_pause: 'Pausada de {from} a {to}: nada foi guardado.',
    recording: 'Gravação',
    speed: 'Velocidade',
  },
);
