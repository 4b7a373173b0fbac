import { catalogue } from '../words/language';

export const say = catalogue(
  {
    call: 'Call',
    call_contact: 'Call {name}, {number}',
    closed: 'Log in to a voice queue to dial.',
    contacts: 'Contacts',
    dialler: 'Dialler',
    erase: 'Erase the last digit',
    find: 'Search contacts by name or number',
    from_three: 'Type at least 3 letters.',

    no_contact: 'No contact with a number fits.',
    number: 'Telephone or extension',
    pad: 'Keypad',
  },
  {
    call: 'Ligar',
    call_contact: 'Ligar para {name}, {number}',
    closed: 'Entre em uma fila de voz para discar.',
    contacts: 'Contatos',
    dialler: 'Discador',
    erase: 'Apagar o último dígito',
    find: 'Buscar contatos por nome ou número',
    from_three: 'Digite pelo menos 3 letras.',

    no_contact: 'Nenhum contato com número corresponde.',
    number: 'Telefone ou ramal',
    pad: 'Teclado',
  },
);
