// How an Interaction looks: its state as ground, icon and word; its channel; its place in the list.

import type { Interaction } from '../api/types';
import type { IconName } from '../ui';
import { plain, telephone } from '../words/language';
import { say } from './words';

export interface Look {
  /** The class of the ground. */
  ground: 'new' | 'waiting' | 'answered' | 'ended' | 'left' | 'talking' | 'held' | 'queued';
  icon: IconName;
  word: string;
}

/** The state as F111 to F115 have it; calls have two more. `now`: the server's clock. */
export function lookOf(interaction: Interaction, now: number): Look {
  if (interaction.state === 'waiting' || interaction.state === 'offered') {
    return { ground: 'queued', icon: interaction.medium === 'voice' ? 'phone' : 'message', word: say(interaction.state === 'offered' ? 'ringing' : 'waiting_in_queue') };
  }
  const call = interaction.call?.state;
  if (interaction.customer !== 'ended' && call === 'talking') return { ground: 'talking', icon: 'phone', word: say('talking') };
  if (interaction.customer !== 'ended' && call === 'held') return { ground: 'held', icon: 'pause', word: say('on_hold') };
  switch (interaction.customer) {
    case 'new':
      return { ground: 'new', icon: 'bell', word: say('new') };
    case 'waiting':
      return { ground: 'waiting', icon: 'reply', word: say('waiting') };
    case 'answered':
      return { ground: 'answered', icon: 'check', word: say('answered') };
    case 'ended':
      return { ground: 'ended', ...endOf(interaction) };
    case 'left':
      return { ground: 'left', icon: 'door', word: leftWord(interaction.left_until_ms, now) };
  }
}

/** Who ended it, as icon and word. */
export function endOf({ ended_by: by, medium }: Pick<Interaction, 'ended_by' | 'medium'>): Pick<Look, 'icon' | 'word'> {
  switch (by) {
    case 'customer':
      return { icon: 'flag', word: say('ended') };
    case 'agent':
      return { icon: medium === 'voice' ? 'hang_up' : 'check', word: say('ended_agent') };
    case 'system':
      return { icon: 'alert', word: say('ended_system') };
    case 'transfer':
      return { icon: 'transfer', word: say('ended_transfer') };
    case null:
      return { icon: 'flag', word: say('ended_somehow') };
  }
}

/** The number of a call where the name does not say it already. */
export const numberBeside = (interaction: Interaction) => (interaction.number && interaction.number !== nameOf(interaction) ? interaction.number : null);

function leftWord(until: number | null, now: number): string {
  return until === null ? say('left') : say('left_for', { n: Math.max(0, Math.ceil((until - now) / 1000)) });
}

const CHANNEL_ICONS: Record<string, IconName> = { voice: 'phone', webchat: 'globe', telegram: 'send' };

export const channelIcon = (channel: string): IconName => CHANNEL_ICONS[channel] ?? 'message';

/** The channel as people name it; one of an unknown plugin by its own name. */
export function channelName(channel: string): string {
  switch (channel) {
    case 'voice':
      return say('channel_voice');
    case 'webchat':
      return say('channel_webchat');
    case 'telegram':
      return say('channel_telegram');
    default:
      return channel;
  }
}

export interface Filters {
  text: string;
  queue: string;
  channel: string;
  newest: boolean;
}

/** Those that fit, in order of attendance time. */
export function arranged(all: Iterable<Interaction>, filters: Filters): Interaction[] {
  const wanted = plain(filters.text.trim());
  const sign = filters.newest ? -1 : 1;
  return [...all]
    .filter((one) => (!filters.queue || String(one.queue?.id) === filters.queue) && (!filters.channel || one.channel === filters.channel))
    .filter((one) => !wanted || [one.title, one.contact?.name, one.queue?.title, one.inbox?.title, one.protocol].some((text) => text && plain(text).includes(wanted)))
    .sort((a, b) => sign * (a.started_at_ms - b.started_at_ms || a.id - b.id));
}

export const nameOf = (interaction: Interaction) => interaction.contact?.name ?? interaction.title;

/** The name, or the number in its groups. */
export const titleOf = (interaction: Interaction) => interaction.contact?.name ?? telephone(interaction.title);
