// What an administrator can open, in groups, and which right each needs.

import type { FunctionComponent } from 'preact';

import type { Permission } from '../api/types';
import type { IconName } from '../ui';
import { AuditLog } from './audit/audit';
import { Conferences } from './conferences/conferences';
import { DialRules } from './dial_rules/dial_rules';
import { Extensions } from './extensions/extensions';
import { Inboxes } from './inboxes/inboxes';
import { OrganizationScreen } from './organization/organization';
import { Plugins } from './plugins/plugins';
import { Queues } from './queues/queues';
import { Rules } from './rules/rules';
import { Dispositions, PauseReasons } from './titles/titles';
import { Sounds } from './sounds/sounds';
import { Tokens } from './tokens/tokens';
import { Trunks } from './trunks/trunks';
import { Users } from './users/users';

/** What follows the section in the address: `['12']` in `#/admin/users/12`. */
export interface SectionProps {
  path: readonly string[];
}

export type SectionKey =
  | 'users' | 'extensions' | 'trunks' | 'dial_rules' | 'sounds' | 'conferences' | 'queues' | 'pause_reasons' | 'dispositions' | 'inboxes' | 'rules' | 'plugins' | 'tokens' | 'audit' | 'organization';

export interface Section {
  key: SectionKey;
  icon: IconName;
  needs: Permission;
  screen: FunctionComponent<SectionProps>;
}

export const GROUPS: readonly { key: 'group_people' | 'group_routing' | 'group_channels' | 'group_telephony' | 'group_system'; sections: readonly Section[] }[] = [
  { key: 'group_people', sections: [{ key: 'users', icon: 'users', needs: 'users.manage', screen: Users }] },
  {
    key: 'group_routing',
    sections: [
      { key: 'queues', icon: 'queue', needs: 'queues.manage', screen: Queues },
      { key: 'pause_reasons', icon: 'pause', needs: 'queues.manage', screen: PauseReasons },
      { key: 'dispositions', icon: 'tag', needs: 'queues.manage', screen: Dispositions },
    ],
  },
  {
    key: 'group_channels',
    sections: [
      { key: 'inboxes', icon: 'inbox', needs: 'inboxes.manage', screen: Inboxes },
      { key: 'rules', icon: 'rule', needs: 'plugins.manage', screen: Rules },
      { key: 'plugins', icon: 'plug', needs: 'plugins.manage', screen: Plugins },
    ],
  },
  {
    key: 'group_telephony',
    sections: [
      { key: 'extensions', icon: 'phone', needs: 'telephony.manage', screen: Extensions },
      { key: 'trunks', icon: 'trunk', needs: 'telephony.manage', screen: Trunks },
      { key: 'dial_rules', icon: 'route', needs: 'telephony.manage', screen: DialRules },
      { key: 'conferences', icon: 'agents', needs: 'telephony.manage', screen: Conferences },
      { key: 'sounds', icon: 'play', needs: 'telephony.manage', screen: Sounds },
    ],
  },
  {
    key: 'group_system',
    sections: [
      { key: 'organization', icon: 'globe', needs: 'users.manage', screen: OrganizationScreen },
      { key: 'tokens', icon: 'key', needs: 'tokens.manage', screen: Tokens },
      { key: 'audit', icon: 'shield', needs: 'audit.read', screen: AuditLog },
    ],
  },
];

export const sectionOf = (key: string | undefined): Section | null => GROUPS.flatMap((group) => group.sections).find((section) => section.key === key) ?? null;
