import { seconds } from '../api/clock';
import type { Interaction } from '../api/types';
import { chosenOf, useTyped } from '../route/filters';
import { hrefWithin, refine } from '../route/route';
import { Avatar, Button, Empty, ErrorState, Icon, type IconName, Skeleton, TextField, usePages } from '../ui';
import { say as kit } from '../ui/words';
import { briefly, span, telephone } from '../words/language';
import { say } from './words';

type EndOf = (interaction: Interaction) => { icon: IconName; word: string };

/** Finished Interactions, newest first; by name, protocol or queue, and by day (F130, F142, F145). */
export function HistoryList({ chosen, endOf }: { chosen: number | null; endOf: EndOf }) {
  const words = useTyped('q');
  const { from, to } = chosenOf('from', 'to');
  const query = new URLSearchParams({ state: 'closed', limit: '30' });
  if (words.asked) query.set('q', words.asked);
  if (dayStart(from)) query.set('from_ms', String(dayStart(from)));
  if (dayStart(to)) query.set('to_ms', String(dayStart(to) + DAY_MS));
  const past = usePages<Interaction>(`/interactions?${query}`, 'history');
  return (
    <div class="list-in">
      <div class="list-head stacked">
        <TextField bare type="search" label={say('find')} placeholder={say('find')} value={words.text} onChange={words.set} />
        <div class="row">
          <TextField bare class="grow" type="date" label={say('from')} value={from} onChange={(value) => refine({ from: value })} />
          <TextField bare class="grow" type="date" label={say('to')} value={to} onChange={(value) => refine({ to: value })} />
        </div>
      </div>
      <div class="lines scrolls">
        {past.problem && <ErrorState problem={past.problem} onRetry={past.reload} />}
        {past.loading && past.items.length === 0 && <Skeleton lines={6} />}
        {!past.loading && !past.problem && past.items.length === 0 && (
          <Empty icon="history" title={say('none')}>
            <p class="small">{say('none_text')}</p>
          </Empty>
        )}
        <ul aria-label={say('list')}>
          {past.items.map((one) => (
            <li key={one.id}>
              <Line interaction={one} chosen={one.id === chosen} endOf={endOf} />
            </li>
          ))}
        </ul>
        {past.more && (
          <div class="lines-more">
            <Button size="small" onClick={past.more}>
              {kit('more')}
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}

const DAY_MS = 86_400_000;

/** Midnight of a day as a date field writes it, on this machine's clock; 0: nothing that is a day. */
const dayStart = (text: string) => new Date(`${text}T00:00:00`).getTime() || 0;

function Line({ interaction, chosen, endOf }: { interaction: Interaction; chosen: boolean; endOf: EndOf }) {
  const name = interaction.contact?.name ?? interaction.title;
  const { icon, word } = endOf(interaction);
  const number = interaction.number !== name && interaction.number;
  return (
    <a class={`line ${chosen ? 'chosen' : ''}`} href={hrefWithin('desk', 'history', interaction.id)} aria-current={chosen ? 'true' : undefined} data-interaction={interaction.id}>
      <Avatar name={name} photo={interaction.contact?.photo_url} size={32} />
      <span class="line-text">
        <span class="line-top">
          <strong class="cut grow">{telephone(name)}</strong>
          <time class="small soft">{briefly(interaction.closed_at_ms ?? interaction.started_at_ms, seconds.value)}</time>
        </span>
        <span class="line-last small soft">
          <Icon name={icon} size={14} />
          <span class="cut grow">{word}</span>
        </span>
        {number && <span class="line-foot small soft">{telephone(number)}</span>}
        <span class="line-foot small soft">
          <Icon name={interaction.medium === 'voice' ? 'phone' : 'message'} size={14} />
          <span class="cut grow">{[interaction.queue?.title, interaction.disposition?.title].filter(Boolean).join(' · ')}</span>
          {interaction.closed_at_ms !== null && <span>{span(interaction.closed_at_ms - interaction.started_at_ms)}</span>}
        </span>
      </span>
    </a>
  );
}
