// A rule in one line, as people read it.

import { may } from '../../live/me';
import { useWhole } from '../../ui';
import type { DialRule, Extension, List, Queue } from '../shapes';
import { say } from './words';

export function occasionOf({ dial, prefix, from_trunk, number }: DialRule): string {
  if (from_trunk !== undefined) return number === '*' || number === undefined ? say('line_from_trunk_any', { trunk: from_trunk }) : say('line_from_trunk', { trunk: from_trunk, number });
  return prefix !== undefined ? say('line_prefix', { prefix }) : say('line_dial', { dial: dial ?? '' });
}

/** What people call the things that rules name. */
export interface Titles {
  queues: Readonly<Record<string, string>>;
  extensions: Readonly<Record<string, string>>;
}

export function useTitles(): Titles {
  const queues = useWhole<List<Queue>>(may('queues.manage') ? '/queues?limit=100' : null, 'queues');
  const extensions = useWhole<List<Extension>>('/extensions?limit=100', 'extensions');
  return {
    queues: Object.fromEntries(queues.data?.items.map(({ name, title }) => [name, title]) ?? []),
    extensions: Object.fromEntries(extensions.data?.items.map(({ number, display_name }) => [number, display_name ? `${number} · ${display_name}` : number]) ?? []),
  };
}

export function destinationOf({ conference, queue, extension, announcement, service, trunk, from_trunk }: DialRule, titles: Titles): string {
  if (conference !== undefined) return say('line_conference', { name: conference });
  if (queue !== undefined) return say('line_queue', { name: titles.queues[queue] ?? queue });
  if (extension !== undefined) return say('line_extension', { name: titles.extensions[extension] ?? extension });
  if (announcement !== undefined) return say('line_announcement', { name: announcement });
  if (service !== undefined) return say(service);
  return from_trunk === undefined && trunk !== undefined ? say('line_trunk', { name: trunk }) : '–';
}
