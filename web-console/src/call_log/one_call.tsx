import type { ComponentChildren } from 'preact';

import { may } from '../live/me';
import { Recordings } from '../recording/recordings';
import { href, hrefWithin } from '../route/route';
import { Empty, ErrorState, Facts, Panel, Screen, Skeleton, useResource } from '../ui';
import { Crumb } from '../ui/crumb';
import { endReason } from '../ui/end-reason';
import { moment, span, telephone } from '../words/language';
import { Measured } from './quality';
import { type LoggedCall, told } from './shape';
import { say } from './words';

/** One call: what happened, how good it was at each side, and its recordings. */
export function OneCall({ id }: { id: string }) {
  const place = `/call-records/${encodeURIComponent(id)}`;
  const read = useResource<LoggedCall>(place, 'history');
  const call = read.data;
  return (
    <Screen title={call ? say('call', { from: told(call.caller), to: told(call.callee) }) : say('calls')} lead={call ? moment(call.started_at_ms) : ''} width="narrow">
      {may('interactions.read_all') && <Crumb href={hrefWithin('calls')} title={say('calls')} />}
      {read.problem ? [403, 404].includes(read.problem.status) ? <Gone /> : <ErrorState problem={read.problem} onRetry={read.reload} /> : !call && <Skeleton lines={6} />}
      {call && (
        <>
          <Panel title={say('course')}>
            <Facts facts={factsOf(call)} />
          </Panel>
          <Panel title={say('quality')}>
            <Measured sides={call.sides} />
          </Panel>
          <Panel title={say('recordings')}>
            <Recordings of={place} />
          </Panel>
        </>
      )}
    </Screen>
  );
}

function Gone() {
  return (
    <Empty icon="question" title={say('gone')}>
      <p>{say('gone_text')}</p>
    </Empty>
  );
}

type Fact = readonly [string, ComponentChildren] | null;

function factsOf(call: LoggedCall): Fact[] {
  const fact = (word: Parameters<typeof say>[0], value: ComponentChildren): Fact => (value ? [say(word), value] : null);
  const { answered_at_ms, ended_at_ms, gave_up, ringing_at_ms, started_at_ms, waited_ms } = call;
  // A queue answers with music: what counts is when somebody was there.
  const reached = gave_up || answered_at_ms === null ? null : answered_at_ms + (waited_ms ?? 0);
  const after = (ms: number | null) => ms !== null && `${moment(ms)} (+${span(ms - started_at_ms)})`;
  return [
    fact('direction', say(call.direction)),
    fact('caller', told(call.caller)),
    fact('callee', told(call.callee)),
    fact('destination', ledTo(call)),
    fact('queue', call.queue),
    fact('agent', call.agent?.name),
    fact('trunk', call.trunk),
    fact('transferred', call.transferred_to && told(call.transferred_to)),
    fact('joined', call.joined && <a href={href('calls', call.joined)}>{say('other_call')}</a>),
    fact('started', moment(started_at_ms)),
    fact('ringing', after(ringing_at_ms)),
    fact('waited', waited_ms !== null && ended_at_ms !== null && span(waited_ms)),
    fact('answered', after(reached) || (ended_at_ms !== null && say('not_answered'))),
    fact('ended', ended_at_ms === null ? say('going_on') : moment(ended_at_ms)),
    fact('talk', reached !== null && ended_at_ms !== null && span(call.talk_ms)),
    fact('end', ended_at_ms !== null && <How call={call} />),
    fact('interaction', call.interactions.length > 0 && <OfCall call={call} />),
  ];
}

/** What the number stood for, where that is no other fact. */
function ledTo({ destination, callee }: LoggedCall): string | null {
  if (!destination) return null;
  const { kind, name } = destination;
  if (kind === 'extension') return name === callee.number ? null : telephone(name);
  if (kind === 'conference') return say('conference', { name });
  return kind === 'service' ? say('service', { name }) : null;
}

/** In words; the codes stand beside it, for who talks with a carrier about it. */
function How({ call: { end_reason, ended_by, gave_up, sip_status, q850_cause } }: { call: LoggedCall }) {
  return (
    <>
      {gave_up ? say('gave_up') : endReason(end_reason, ended_by)}
      {sip_status !== null && <span class="soft small"> {say('technical', { status: String(sip_status), cause: String(q850_cause ?? '–') })}</span>}
    </>
  );
}

function OfCall({ call: { interactions } }: { call: LoggedCall }) {
  return (
    <span class="row wraps">
      {interactions.map(({ id, protocol }) => (
        <a key={id} class="mono" href={href('desk', 'history', id)}>
          {protocol}
        </a>
      ))}
    </span>
  );
}
