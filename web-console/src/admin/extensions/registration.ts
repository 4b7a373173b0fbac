// What a desk phone or a softphone needs to register as an extension.

import { may } from '../../live/me';
import { useResource } from '../../ui';
import type { Extension, List, Organization, Trunk, Trunks } from '../shapes';
import { ownAddresses } from '../trunks/facts';
import { say } from './words';

type Line = readonly [label: string, value: string];

/** Lines to be copied; `null`: nothing to tell. The password is known only in the answer that made it. */
export function useRegistration(extension: Pick<Extension, 'number' | 'password'> | null): readonly Line[] {
  const able = extension !== null && may('telephony.manage');
  const organization = useResource<Organization>(able ? '/organization' : null).data;
  const reached = useResource<Trunks & List<Trunk>>(able ? '/trunks?limit=1' : null).data;
  if (!extension) return [];
  const { number, password } = extension;
  const domain = organization?.sip_domain;
  return [
    [say('user_name'), number],
    ...(password ? [[say('secret'), password] as const] : []),
    ...(domain ? [[say('domain'), domain] as const] : []),
    ...ownAddresses(reached?.ours ?? []).map(({ label, address }) => [say('server', { label }), address] as const),
    ...(domain ? [[say('address'), `sip:${number}@${domain}`] as const] : []),
  ];
}
