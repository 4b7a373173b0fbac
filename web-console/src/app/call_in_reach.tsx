import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { Dock } from '../call/bar';
import { Others } from '../call/others';
import { Troubles } from '../call/troubles';
import { Transfer } from '../interaction/transfer';
import { say } from '../interaction/words';
import { useKeys } from '../keys/keys';
import { heard, isGuest } from '../live/calls';
import { interactions } from '../live/desk';
import { me } from '../live/me';
import { fault, online, seat } from '../phone/phone';
import { href, route } from '../route/route';

/** A call stays in reach wherever one goes; where its Interaction is shown, its own bar is there. */
export function CallInReach() {
  const call = heard.value;
  const giving = useSignal(false);
  useEffect(() => {
    giving.value = false;
  }, [call?.id]);
  const shown = call?.joins ?? call?.id;
  const of = shown === undefined ? undefined : [...interactions.value.values()].find((one) => one.call?.id === shown);
  const before = route.value[0] === 'desk' ? interactions.value.get(Number(route.value[1])) : undefined;
  const here = of !== undefined && of === before;
  const own = call !== null && !here && call.supervision === null && call.conference === null && call.joins === null;
  const give = () => (giving.value = true);
  // With three in the call one leaves it instead.
  const ready = own && (call.state === 'talking' || call.state === 'held') && !isGuest(call) && call.others.every(({ role }) => role !== 'third');
  // As H and M: where its Interaction is shown they are the bar's there, and what the screen shows has T already.
  const keyed = own && of === undefined && before === undefined;
  useKeys(keyed && ready ? [{ key: 'T', label: say('transfer'), run: give }] : []);
  if (!call) return seat.value === 'taken' || (online.value && fault.value !== null) ? <Troubles /> : null;
  // Of somebody else's no bar is there.
  const barred = before?.agent?.id === me.value?.id ? (before?.call?.id ?? '') : '';
  return (
    <>
      {!here && <Dock key={call.id} call={call} href={of ? href('desk', of.id) : null} onTransfer={own ? give : undefined} keyedTransfer={keyed} />}
      <Others shown={[call.id, shown ?? '', barred]} />
      {giving.value && ready && <Transfer interaction={of ?? null} call={call.id} first="user" onClose={() => (giving.value = false)} />}
    </>
  );
}
