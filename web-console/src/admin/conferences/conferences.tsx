// Conferences: numbers that lead into a room. Each is a rule of the dial plan, kept in its place there.

import { useSignal } from '@preact/signals';

import { put } from '../../api/client';
import { type Problem, asProblem } from '../../api/problem';
import { href } from '../../route/route';
import { Badge, Button, Empty, ErrorState, Screen, Skeleton, Table, confirm, toast, toastProblem, useResource } from '../../ui';
import { number } from '../../words/language';
import type { DialRule } from '../shapes';
import { say as shared } from '../words';
import { ConferenceForm } from './conference_form';
import { say } from './words';

const USUAL_MEMBERS = 50;

export function Conferences() {
  const rules = useResource<DialRule[]>('/dial-rules', 'dial_rules');
  const open = useSignal<DialRule | 'new' | null>(null);
  const all = rules.data ?? [];
  const rows = all.map((rule, at) => ({ rule, at })).filter(({ rule }) => rule.conference !== undefined);
  async function save(next: DialRule[]): Promise<Problem | null> {
    try {
      rules.set(await put<DialRule[]>('/dial-rules', next));
      return null;
    } catch (error) {
      return asProblem(error);
    }
  }
  // Where the rule that was opened stands by now: others change the dial plan too.
  const placeOf = (rule: DialRule) => all.findIndex((one) => JSON.stringify(one) === JSON.stringify(rule));
  function gone(): null {
    toast(say('changed_meanwhile'));
    void rules.reload();
    open.value = null;
    return null;
  }
  async function erase(rule: DialRule, name: string) {
    if (!(await confirm({ title: shared('delete_what', { what: name }), text: say('delete_text'), verb: shared('delete'), kind: 'danger' }))) return;
    const at = placeOf(rule);
    if (at < 0) return gone();
    const refusal = await save(all.filter((_, other) => other !== at));
    if (refusal) return toastProblem(refusal);
    toast(shared('deleted', { what: name }));
    open.value = null;
  }
  const chosen = open.value === 'new' ? null : open.value;
  return (
    <Screen
      title={say('title')}
      lead={say('lead')}
      actions={
        <Button kind="primary" icon="plus" disabled={!rules.data} onClick={() => (open.value = 'new')}>
          {say('new')}
        </Button>
      }
    >
      {rules.problem && <ErrorState problem={rules.problem} onRetry={rules.reload} />}
      {!rules.data && !rules.problem && <Skeleton lines={4} />}
      {rules.data && rows.length === 0 && (
        <Empty icon="agents" title={say('empty')}>
          {say('empty_text')}
        </Empty>
      )}
      {rows.length > 0 && (
        <Table
          label={say('title')}
          rows={rows}
          keyOf={(row) => row.at}
          onOpen={(row) => (open.value = row.rule)}
          columns={[
            { title: say('name'), cell: ({ rule }) => rule.conference },
            { title: say('number'), cell: ({ rule }) => <span class="mono">{rule.dial ?? say('from_trunk', { trunk: rule.from_trunk ?? '', number: rule.number ?? '' })}</span> },
            { title: say('pin'), cell: ({ rule }) => (rule.pin ? <Badge kind="good" icon="lock">{say('with_pin')}</Badge> : <Badge>{say('without_pin')}</Badge>) },
            { title: say('max_members'), cell: ({ rule }) => number(rule.max_members ?? USUAL_MEMBERS), align: 'end', minor: true },
            { title: shared('recording'), cell: ({ rule }) => say(`recording_${rule.recording ?? 'inherit'}`), minor: true },
          ]}
        />
      )}
      <p class="soft small">
        <a href={href('supervise', 'rooms')}>{say('who_is_in')}</a>
      </p>
      {open.value !== null && (
        <ConferenceForm
          rule={chosen}
          usual={USUAL_MEMBERS}
          onClose={() => (open.value = null)}
          onDelete={chosen?.conference !== undefined ? () => erase(chosen, chosen.conference ?? '') : undefined}
          onSave={async (rule) => {
            const at = chosen ? placeOf(chosen) : placeOfNew(all, rule);
            if (at < 0) return gone();
            const refused = await save([...all.slice(0, at), rule, ...all.slice(chosen ? at + 1 : at)]);
            if (!refused) open.value = null;
            return refused && { problem: refused, at };
          }}
        />
      )}
    </Screen>
  );
}

/** The first rule that fits counts: a number stands before those for any number. */
const placeOfNew = (all: readonly DialRule[], rule: DialRule): number => (rule.number === '*' ? all.length : 0);
