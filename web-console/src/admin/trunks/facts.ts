// What is told of trunks beside their settings: why one cannot be used, and where its other side reaches us.

import type { Trouble, Trunks } from '../shapes';
import { say } from './words';

export function troubleOf(trouble: Trouble, host: string): string {
  return typeof trouble === 'string' ? say(`trouble_${trouble}`, { host }) : say('trouble_registration_refused', { status: String(trouble.registration_refused) });
}

/** A node that listens on all its addresses is reached by that under which this page was. */
export function ownAddresses(ours: Trunks['ours']): { label: string; address: string }[] {
  const shown = ours.map(({ transport, address }) => ({ label: `SIP ${transport.toUpperCase()}`, address: address.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, location.hostname) }));
  const known = new Set<string>();
  return shown.filter(({ label, address }) => !known.has(label + address) && known.add(label + address));
}

/** Whether nobody but this machine reaches us. */
export const isLoopback = (ours: Trunks['ours']): boolean => ours.every(({ address }) => /^(127\.|\[::1\])/.test(address));
