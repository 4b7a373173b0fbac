// A site of three pages with the widget on each: /widget/trial?inbox=KEY. To change the page is to load another, as on a real site.

const words = {
  'pt-BR': {
    home: ['Início', 'Tudo para o seu café', 'Grãos torrados toda semana e entregues em todo o Brasil.'],
    prices: ['Preços', 'Preços', 'Pacote de 250 g por R$ 39, de 1 kg por R$ 129. Frete grátis a partir de dois quilos.'],
    about: ['Sobre', 'Sobre nós', 'Uma torrefação pequena, em Minas Gerais, desde 1998.'],
    hint: 'Esta página experimenta o chat: fale com a empresa pelo botão no canto. Mude de página, feche a aba e volte em até 90 segundos: a conversa continua.',
    missing: 'Falta o endereço de um canal: abra esta página pelo link do canal, em Canais.',
  },
  en: {
    home: ['Home', 'Everything for your coffee', 'Beans roasted every week and delivered all over Brazil.'],
    prices: ['Prices', 'Prices', '250 g for R$ 39, 1 kg for R$ 129. Free delivery from two kilos on.'],
    about: ['About', 'About us', 'A small roastery in Minas Gerais, since 1998.'],
    hint: 'This page tries the chat: talk to the company with the button in the corner. Go to another page, or close the tab and come back within 90 seconds: the chat goes on.',
    missing: 'No inbox is named: open this page by the link of an inbox.',
  },
};

const asked = new URLSearchParams(location.search);
const inbox = asked.get('inbox');
const language = asked.get('language') in words ? asked.get('language') : navigator.language.startsWith('pt') ? 'pt-BR' : 'en';
const page = ['home', 'prices', 'about'].find((name) => name === asked.get('page')) ?? 'home';
const text = words[language];
const at = (id) => document.getElementById(id);

document.documentElement.lang = language;
at('title').textContent = text[page][1];
at('text').textContent = text[page][2];
at('hint').textContent = inbox ? text.hint : text.missing;
for (const name of ['home', 'prices', 'about']) link(at('pages'), text[name][0], { page: name, language }, name === page);
link(at('languages'), 'Português', { page, language: 'pt-BR' }, language === 'pt-BR');
link(at('languages'), 'English', { page, language: 'en' }, language === 'en');

if (inbox) {
  const script = document.createElement('script');
  script.src = '/widget.js';
  script.dataset.inbox = inbox;
  document.body.append(script);
}

function link(place, title, search, current) {
  const anchor = document.createElement('a');
  anchor.textContent = title;
  anchor.href = `?${new URLSearchParams({ ...(inbox && { inbox }), ...search })}`;
  if (current) anchor.setAttribute('aria-current', 'page');
  place.append(anchor);
}
