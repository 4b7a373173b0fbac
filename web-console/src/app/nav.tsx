import { me } from '../live/me';
import { reach } from '../live/socket';
import { href, route } from '../route/route';
import { nav } from '../settings/settings';
import { dialling } from '../dialler/dialler';
import { Icon, type IconName } from '../ui';
import { mine } from './screens';
import { leave } from './topbar';
import { say } from './words';

/** The menu at the left: modules above, the person and the system below. */
export function Nav() {
  const user = me.value;
  if (!user) return null;
  const wide = nav.value === 'wide';
  const here = route.value[0];
  return (
    <nav class={`nav ${nav.value}`} aria-label={say('main_menu')}>
      {mine().map((screen) => (
        <a key={screen.path} class="nav-item" href={href(screen.path)} aria-current={here === screen.path ? 'page' : undefined} data-tip={wide ? undefined : say(screen.word)} data-tip-at="right">
          <Icon name={screen.icon} />
          <span class="nav-text">{say(screen.word)}</span>
        </a>
      ))}
      <div class="grow" />
      <Entry icon="phone" text={say('softphone')} run={() => (dialling.value = true)} />
      <a class="nav-item" href={href('profile')} aria-current={here === 'profile' ? 'page' : undefined} data-tip={wide ? undefined : say('profile')} data-tip-at="right">
        <Icon name="gear" />
        <span class="nav-text">{say('profile')}</span>
      </a>
      <Entry icon="door" text={say('leave')} run={leave} />
      <Entry icon={wide ? 'chevron_left' : 'chevron_right'} text={wide ? say('collapse') : say('expand')} run={() => (nav.value = wide ? 'narrow' : 'wide')} />
      {wide && (
        <p class="nav-foot small soft">
          {say('company', { name: user.organization.title })}
          <br />
          {say('system', { state: say(reach.value) })} · {user.version}
        </p>
      )}
    </nav>
  );
}

function Entry({ icon, text, run }: { icon: IconName; text: string; run: () => unknown }) {
  return (
    <button type="button" class="nav-item" onClick={() => void run()} data-tip={nav.value === 'wide' ? undefined : text} data-tip-at="right">
      <Icon name={icon} />
      <span class="nav-text">{text}</span>
    </button>
  );
}
