import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';

import { asProblem } from '../api/problem';
import type { Problem } from '../api/problem';
import { useKeys } from '../keys/keys';
import { LogIn } from '../login/login';
import { SetPassword } from '../login/link';
import { may, me, recall, unreached } from '../live/me';
import { reach } from '../live/socket';
import { unfinished } from '../message/drafts';
import '../message/sending';
import { UnfinishedMessage } from '../message/unfinished';
import { Offers } from '../offer/offers';
import { silenced } from '../phone/sound';
import { go, route } from '../route/route';
import { Button, Confirmations, Empty, ErrorState, Icon, Screen as Page, Skeleton, Toasts } from '../ui';
import { useAttention } from './attention';
import { CallInReach } from './call_in_reach';
import { Command, showCommand } from './command';
import { Fence } from './fence';
import { Nav } from './nav';
import { ALWAYS, type Screen, home, mine } from './screens';
import { TopBar, showHelp } from './topbar';
import { say } from './words';

/** The whole page. */
export function App() {
  useEffect(() => void recall(), []);
  return (
    <>
      <Inside />
      <Confirmations />
      <Toasts />
    </>
  );
}

function Inside() {
  const [first, token] = route.value;
  if (first === 'link' && token) return <SetPassword token={token} />;
  if (unreached.value) return <ErrorState problem={unreached.value} onRetry={recall} />;
  if (me.value === undefined) return <Skeleton />;
  if (me.value === null) return <LogIn>{unfinished.value && <UnfinishedMessage />}</LogIn>;
  return <Frame />;
}

function Frame() {
  const [first, ...path] = route.value;
  const screens = mine();
  const start = home();
  useEffect(() => {
    if (!first || first === 'login') go(start);
  }, [first, start]);
  useKeys([
    { key: '?', label: say('help'), run: showHelp },
    { key: 'Ctrl+K', label: say('command'), run: showCommand },
  ]);
  useAttention();
  const screen = ALWAYS.find((one) => one.path === first) ?? screens.find((one) => one.path === first);
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={skip}>
        {say('skip')}
      </a>
      <TopBar />
      <div class="frame-in">
        <Nav />
        <div class="frame-screen">
          {reach.value === 'offline' && (
            <p class="offline" role="alert">
              <Icon name="alert" size={16} />
              {say('offline_banner')}
            </p>
          )}
          {silenced.value && (
            <p class="offline" role="status">
              <Icon name="sound" size={16} />
              {say('silenced')}
            </p>
          )}
          <CallInReach />
          {screen ? <Lazy key={screen.path} screen={screen} path={path} /> : first && <Nowhere home={start} />}
        </div>
      </div>
      {may('attend') && <Offers />}
      <Command />
    </div>
  );
}

const loaded = new Map<string, ComponentType<{ path: readonly string[] }>>();

function Lazy({ screen, path }: { screen: Pick<Screen, 'path' | 'load'>; path: readonly string[] }) {
  const problem = useSignal<Problem | null>(null);
  const there = useSignal(loaded.has(screen.path));
  async function load() {
    try {
      problem.value = null;
      loaded.set(screen.path, (await screen.load()).default);
      there.value = true;
    } catch (error) {
      problem.value = asProblem(error);
    }
  }
  useEffect(() => void (there.value || load()), []);
  if (problem.value) return <ErrorState problem={problem.value} onRetry={load} />;
  const Content = there.value ? loaded.get(screen.path) : undefined;
  if (!Content) return <Skeleton lines={6} />;
  return (
    <Fence>
      <Content path={path} />
    </Fence>
  );
}

function Nowhere({ home }: { home: string }) {
  return (
    <Page title={say('no_screen')}>
      <Empty icon="question" title={say('no_screen')}>
        <Button onClick={() => go(home)}>{say('no_screen_go')}</Button>
      </Empty>
    </Page>
  );
}

function skip(event: MouseEvent) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
