import type { Interaction } from '../api/types';
import { href } from '../route/route';
import { Button, CopyButton, Icon, IconButton, Timer } from '../ui';
import { telephone } from '../words/language';
import { StateMark } from './row';
import { channelIcon, channelName, endOf, numberBeside, titleOf } from './state';
import { say } from './words';

export interface HeaderProps {
  interaction: Interaction;
  /** The verbs, where it is this agent's. */
  onTransfer?: (() => void) | undefined;
  onEnd?: (() => void) | undefined;
}

/** Who, protocol, earlier interactions, TTA, and what one does with the whole (F128 to F132). */
export function Header({ interaction, onTransfer, onEnd }: HeaderProps) {
  const number = numberBeside(interaction);
  const end = endOf(interaction);
  return (
    <header class="talk-head">
      <a class="talk-back button quiet only-icon" href={href('desk')} aria-label={say('list')}>
        <Icon name="arrow_left" />
      </a>
      {interaction.state !== 'closed' && <StateMark interaction={interaction} />}
      <div class="grow">
        <div class="row">
          <h1 class="cut">{titleOf(interaction)}</h1>
          {interaction.state === 'closed' && (
            <span class="row small soft talk-end">
              <Icon name={end.icon} size={14} />
              {end.word}
            </span>
          )}
        </div>
        <p class="talk-facts small soft">
          <span class="row">
            <Icon name={channelIcon(interaction.channel)} size={14} />
            {channelName(interaction.channel)}
          </span>
          {number && <span>{telephone(number)}</span>}
          {interaction.queue && <span class="cut talk-queue">{interaction.queue.title}</span>}
          <Protocol protocol={interaction.protocol} />
          <span class="tta" title={say('tta')}>
            TTA <Timer since={interaction.started_at_ms} until={interaction.closed_at_ms} long />
          </span>
        </p>
      </div>
      {interaction.contact && <IconButton icon="history" label={say('open_history')} onClick={() => (location.hash = href('contacts', interaction.contact?.id ?? 0))} />}
      {onTransfer && (
        <Button icon="transfer" keys="T" onClick={onTransfer}>
          {say('transfer')}
        </Button>
      )}
      {onEnd && (
        <Button kind="primary" icon="check" keys="E" onClick={onEnd}>
          {say('end')}
        </Button>
      )}
    </header>
  );
}

/** The number, which a press copies (F129). */
function Protocol({ protocol }: { protocol: string }) {
  return (
    <span class="protocol">
      <button type="button" class="mono" title={say('copy_protocol')} onClick={() => void navigator.clipboard.writeText(protocol)}>
        {protocol}
      </button>
      <CopyButton text={protocol} label={say('copy_protocol')} />
    </span>
  );
}
