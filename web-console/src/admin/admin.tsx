// The administrator's half of the console: a list of what can be set at the left, one of it at the right.

import './admin.css';

import { may } from '../live/me';
import { go, href } from '../route/route';
import { Empty, Icon, type IconName, Screen } from '../ui';
import { Home } from './start/home';
import { GROUPS, sectionOf } from './sections';
import { say } from './words';

/** `path` is what follows `admin` in the address. */
export default function Administration({ path }: { path: readonly string[] }) {
  const [key, ...rest] = path;
  const section = sectionOf(key);
  return (
    <div class="admin">
      <Sections chosen={section?.key ?? 'home'} />
      {section ? may(section.needs) ? <section.screen key={section.key} path={rest} /> : <Forbidden /> : <Home />}
    </div>
  );
}

function Sections({ chosen }: { chosen: string }) {
  const groups = GROUPS.map(({ key, sections }) => ({ key, sections: sections.filter((section) => may(section.needs)) }));
  const shown = groups.filter(({ sections }) => sections.length > 0);
  return (
    <nav class="admin-nav scrolls" aria-label={say('administration')}>
      <select class="input admin-jump" aria-label={say('administration')} value={chosen} onChange={(event) => go('admin', ...(event.currentTarget.value === 'home' ? [] : [event.currentTarget.value]))}>
        <option value="home">{say('home')}</option>
        {shown.map(({ key, sections }) => (
          <optgroup key={key} label={say(key)}>
            {sections.map((section) => (
              <option key={section.key} value={section.key}>
                {say(section.key)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <Entry to={['admin']} icon="home" title={say('home')} current={chosen === 'home'} />
      {shown.map(({ key, sections }) => (
        <section key={key} aria-label={say(key)}>
          <h2>{say(key)}</h2>
          {sections.map((section) => (
            <Entry key={section.key} to={['admin', section.key]} icon={section.icon} title={say(section.key)} current={chosen === section.key} />
          ))}
        </section>
      ))}
    </nav>
  );
}

function Entry({ to, icon, title, current }: { to: readonly string[]; icon: IconName; title: string; current: boolean }) {
  return (
    <a class="admin-entry" href={href(...to)} aria-current={current ? 'page' : undefined}>
      <Icon name={icon} size={16} />
      <span class="cut">{title}</span>
    </a>
  );
}

function Forbidden() {
  return (
    <Screen title={say('administration')}>
      <Empty icon="lock" title={say('no_right')} />
    </Screen>
  );
}
