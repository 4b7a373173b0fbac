// Every call of the organization: `#/calls`, with filters `#/calls?outcome=busy`, and one of them: `#/calls/01J…`.

import './call_log.css';

import { agents, boards } from '../live/desk';
import { may } from '../live/me';
import { chosenOf, oneOf, useTyped } from '../route/filters';
import { goWithin, refine } from '../route/route';
import { Badge, Empty, Icon, type IconName, IconButton, Screen, Select, TextField, usePages } from '../ui';
import { Rows } from '../ui/listing';
import { endReason } from '../ui/end-reason';
import { moment, span } from '../words/language';
import { OneCall } from './one_call';
import { PERIODS, limitsOf } from './period';
import { Verdicts } from './quality';
import { type LoggedCall, told } from './shape';
import { say } from './words';

const DIRECTIONS = ['inbound', 'outbound', 'internal'] as const;
const OUTCOMES = ['answered', 'not_answered', 'busy', 'declined', 'gave_up', 'failed', 'going_on'] as const;
const ARROWS: Record<LoggedCall['direction'], IconName> = { inbound: 'down_call', outbound: 'up_call', internal: 'transfer' };

export default function CallLog({ path: [id] }: { path: readonly string[] }) {
  if (id) return <OneCall key={id} id={id} />;
  if (may('interactions.read_all')) return <List />;
  return (
    <Screen title={say('calls')}>
      <Empty icon="lock" title={say('gone')} />
    </Screen>
  );
}

function List() {
  const number = useTyped('number');
  const { queue, agent, from, to, ...chosen } = chosenOf('direction', 'outcome', 'queue', 'agent', 'period', 'from', 'to');
  const [direction, outcome, period] = [oneOf(DIRECTIONS, chosen.direction), oneOf(OUTCOMES, chosen.outcome), oneOf(PERIODS, chosen.period)];
  const limits = period === 'chosen' ? { from_ms: at(from), to_ms: at(to) && at(to) + MINUTE_MS } : limitsOf(period, Date.now());
  const wanted = { number: number.asked, direction, outcome, queue, agent, ...limits };
  const query = new URLSearchParams(Object.entries(wanted).flatMap(([name, value]) => (value ? [[name, String(value)]] : []))).toString();
  const pages = usePages<LoggedCall>(`/call-records${query ? `?${query}` : ''}`);
  return (
    <Screen title={say('calls')} lead={say('lead')} width="full" actions={<IconButton icon="refresh" tipAt="left" label={say('refresh')} onClick={pages.reload} />}>
      <div class="filters call-filters">
        <TextField label={say('find')} placeholder={say('find_hint')} type="search" value={number.text} onChange={number.set} />
        <Select label={say('direction')} none={say('all_directions')} value={direction} onChange={(value) => refine({ direction: value })} choices={DIRECTIONS.map((value) => ({ value, label: say(value) }))} />
        <Select label={say('end')} none={say('all_outcomes')} value={outcome} onChange={(value) => refine({ outcome: value })} choices={OUTCOMES.map((value) => ({ value, label: say(value) }))} />
        <Select label={say('queue')} none={say('all_queues')} value={queue} onChange={(value) => refine({ queue: value })} choices={[...boards.value.values()].map(({ queue_id, title }) => ({ value: String(queue_id), label: title }))} />
        <Select label={say('agent')} none={say('all_agents')} value={agent} onChange={(value) => refine({ agent: value })} choices={[...agents.value.values()].map(({ id, name }) => ({ value: String(id), label: name }))} />
        <Select label={say('period')} none={say('any_time')} value={period} onChange={(value) => refine({ period: value, from: '', to: '' })} choices={PERIODS.map((value) => ({ value, label: say(value) }))} />
        {/* From one minute until another, each of them if it is filled in. */}
        {period === 'chosen' && <TextField label={say('from')} type="datetime-local" value={from} onChange={(value) => refine({ from: value })} />}
        {period === 'chosen' && <TextField label={say('to')} type="datetime-local" value={to} onChange={(value) => refine({ to: value })} />}
      </div>
      <Rows
        title={say('calls')}
        pages={pages}
        keyOf={(call) => call.id}
        onOpen={(call) => goWithin('calls', call.id)}
        empty={query ? { icon: 'search', title: say('none_fits'), text: say('none_fits_text') } : { icon: 'phone', title: say('empty'), text: say('empty_text') }}
        columns={[
          { title: say('time'), cell: (call) => moment(call.started_at_ms) },
          { title: say('caller'), cell: (call) => <span class="call-number">{told(call.caller)}</span> },
          { title: say('callee'), cell: (call) => <span class="call-number">{told(call.callee)}</span> },
          { title: say('direction'), cell: Direction, minor: true },
          { title: say('waited'), cell: ({ waited_ms, ended_at_ms }) => (waited_ms === null || ended_at_ms === null ? '–' : span(waited_ms)), width: 'least', minor: true },
          { title: say('talk'), cell: TalkAndRecording, width: 'least', minor: true },
          { title: say('end'), cell: End },
          { title: say('quality'), cell: ({ sides }) => <Verdicts sides={sides} />, minor: true },
        ]}
      />
    </Screen>
  );
}

const MINUTE_MS = 60_000;

/** What a field for day and minute holds, on this machine's clock; 0: nothing that is a time. */
const at = (text: string) => new Date(text).getTime() || 0;

function Direction({ direction }: LoggedCall) {
  return (
    <span class="row">
      <Icon name={ARROWS[direction]} size={16} label={say(direction)} />
      <span class="call-direction" aria-hidden="true">
        {say(direction)}
      </span>
    </span>
  );
}

/** How long they talked; of a call that goes on nothing is known yet. */
export const Talk = ({ answered_at_ms, talk_ms, ended_at_ms, gave_up }: LoggedCall) => <>{gave_up || answered_at_ms === null || ended_at_ms === null ? '–' : span(talk_ms)}</>;

export function End({ ended_at_ms, end_reason, ended_by, gave_up }: LoggedCall) {
  if (ended_at_ms === null) return <Badge kind="wait" icon="phone">{say('going_on')}</Badge>;
  if (gave_up) return <>{say('gave_up')}</>;
  return <>{endReason(end_reason, ended_by)}</>;
}

function TalkAndRecording(call: LoggedCall) {
  return (
    <span class="row" title={call.recorded ? say('recorded') : undefined}>
      <Talk {...call} />
      {call.recorded && <Icon name="record" size={16} label={say('recorded')} />}
    </span>
  );
}
