import { seconds } from '../api/clock';
import type { Interaction } from '../api/types';
import { href } from '../route/route';
import { Avatar, Icon, Timer } from '../ui';
import { briefly } from '../words/language';
import { channelIcon, channelName, lookOf, nameOf, titleOf } from './state';
import { say } from './words';

/** The state of an Interaction as a coloured square with its icon; the word is for those who do not see it. */
export function StateMark({ interaction }: { interaction: Interaction }) {
  const look = lookOf(interaction, seconds.value);
  return (
    <span class={`mark ${look.ground}`} data-state={look.ground} title={look.word}>
      <Icon name={look.icon} size={16} label={look.word} />
    </span>
  );
}

/** One line of the list: state, name, TTA, channel, last message, its time, queue. */
export function Row({ interaction, chosen }: { interaction: Interaction; chosen: boolean }) {
  const look = lookOf(interaction, seconds.value);
  const last = interaction.last;
  const place = interaction.queue?.title ?? interaction.inbox?.title ?? '';
  return (
    <a class={`line ${chosen ? 'chosen' : ''}`} href={href('desk', interaction.id)} aria-current={chosen ? 'true' : undefined} data-interaction={interaction.id}>
      <span class="line-photo">
        <Avatar name={nameOf(interaction)} photo={interaction.contact?.photo_url} size={40} />
        <StateMark interaction={interaction} />
      </span>
      <span class="line-text">
        <span class="line-top">
          <strong class="cut grow">{titleOf(interaction)}</strong>
          <span class="small soft" title={say('tta')}>
            <Timer since={interaction.started_at_ms} until={interaction.closed_at_ms} />
          </span>
        </span>
        <span class="line-last">
          <Icon name={channelIcon(interaction.channel)} size={14} label={channelName(interaction.channel)} />
          <span class="cut grow">{interaction.draft ? <em>{say('draft', { text: interaction.draft })}</em> : (last?.text ?? look.word)}</span>
          {interaction.unread > 0 && (
            <span class="unread" aria-label={say('unread', { n: interaction.unread })}>
              {interaction.unread}
            </span>
          )}
        </span>
        <span class="line-foot small soft">
          <span class="cut grow">{place}</span>
          {interaction.customer === 'left' ? <span>{look.word}</span> : last && <time>{briefly(last.at_ms, seconds.value)}</time>}
        </span>
      </span>
    </a>
  );
}
