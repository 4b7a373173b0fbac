// A rule in one line, as people read it.

import type { DialRule } from '../shapes';
import { say } from './words';

export function occasionOf({ dial, prefix, from_trunk, number }: DialRule): string {
  if (from_trunk !== undefined) return number === '*' || number === undefined ? say('line_from_trunk_any', { trunk: from_trunk }) : say('line_from_trunk', { trunk: from_trunk, number });
  return prefix !== undefined ? say('line_prefix', { prefix }) : say('line_dial', { dial: dial ?? '' });
}

export function destinationOf({ conference, queue, extension, announcement, service, trunk, from_trunk }: DialRule): string {
  if (conference !== undefined) return say('line_conference', { name: conference });
  if (queue !== undefined) return say('line_queue', { name: queue });
  if (extension !== undefined) return say('line_extension', { name: extension });
  if (announcement !== undefined) return say('line_announcement', { name: announcement });
  if (service !== undefined) return say(service);
  return from_trunk === undefined && trunk !== undefined ? say('line_trunk', { name: trunk }) : '–';
}
