import type { Medium, User } from '../../api/types';
import { useWhole } from '../../ui';
import { Picks } from '../picks';
import type { List } from '../shapes';
import { say } from './words';

interface MemberProps {
  medium: Medium;
  chosen: readonly number[];
  onChange: (members: number[]) => void;
  error: string | null;
}

/** The users who may belong to a queue of this medium; who may not is shown with the reason. */
export function MemberPicks({ medium, chosen, onChange, error }: MemberProps) {
  const users = useWhole<List<User>>('/users?limit=100', 'users');
  const pickOf = (user: User) => {
    const fit = medium === 'voice' ? user.extension !== null && user.webrtc : user.omnichannel;
    const lacks = medium === 'chat' ? 'members_unfit_chat' : user.extension === null ? 'members_unfit_voice' : 'members_unfit_webrtc';
    const note = fit ? (user.extension ?? undefined) : say(lacks);
    return { id: user.id, title: user.name, note, disabled: !fit };
  };
  const unfit = (users.data?.items ?? []).filter((user) => chosen.includes(user.id) && pickOf(user).disabled).map(({ name }) => name);
  const warning = unfit.length > 0 ? say(medium === 'voice' ? 'members_warn_voice' : 'members_warn_chat', { names: unfit.join(', ') }) : null;
  return (
    <Picks
      label={say('members')}
      hint={say('members_hint')}
      none={say('members_none')}
      error={error}
      warning={warning}
      all={(users.data?.items ?? []).filter((user) => user.enabled || chosen.includes(user.id)).map(pickOf)}
      chosen={chosen}
      onChange={onChange}
    />
  );
}
