import { catalogue } from '../../words/language';

export const say = catalogue(
  {
    title: 'Organization',
    lead: 'What holds for everybody here, unless an extension or a trunk says otherwise.',
    name: 'Name of the organization',
    sip_domain: 'SIP domain',
    sip_domain_hint: 'What phones register with. It changes only while there are no extensions.',
    ring_timeout: 'An extension rings for (seconds)',
  },
  {
    title: 'Empresa',
    lead: 'O que vale para todos, a menos que um ramal ou tronco diga outra coisa.',
    name: 'Nome da empresa',
    sip_domain: 'Domínio SIP',
    sip_domain_hint: 'Com o que os aparelhos se registram. Só muda enquanto não há ramais.',
    ring_timeout: 'Um ramal toca por (segundos)',
  },
);
