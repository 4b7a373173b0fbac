// The dial plan: an ordered list that is saved whole after each change.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { get, put } from '../../api/client';
import { Problem, asProblem } from '../../api/problem';
import { go } from '../../route/route';
import { Button, Empty, ErrorState, FormProblem, Icon, IconButton, Screen, Skeleton, useResource } from '../../ui';
import { ruleToMake } from '../refused/prefill';
import { RefusedCalls } from '../refused/refused';
import type { SectionProps } from '../sections';
import type { DialRule } from '../shapes';
import { say as shared } from '../words';
import { type Titles, destinationOf, occasionOf, useTitles } from './line';
import { RuleForm } from './rule_form';
import { say } from './words';

export function DialRules(_: SectionProps) {
  const rules = useResource<DialRule[]>('/dial-rules', 'dial_rules');
  const open = useSignal<number | null>(null);
  /** The rule that the form was opened with; `null`: a new one. */
  const opened = useSignal<DialRule | null>(null);
  const problem = useSignal<Problem | null>(null);
  const all = rules.data ?? [];
  const made = useSignal<DialRule | null>(null);
  const titles = useTitles();
  // A refused call leads here, with what its rule begins with.
  const wanted = ruleToMake.value;
  useEffect(() => {
    if (!rules.data || !wanted) return;
    made.value = wanted;
    opened.value = null;
    open.value = rules.data.length;
    ruleToMake.value = null;
  }, [rules.data, wanted]);
  function openNew() {
    made.value = null;
    opened.value = null;
    open.value = all.length;
  }

  function openRule(rule: DialRule, at: number) {
    opened.value = rule;
    open.value = at;
  }

  /** Saves all of it; what is refused stays as it was. */
  async function save(next: DialRule[]): Promise<Problem | null> {
    try {
      rules.set(await put<DialRule[]>('/dial-rules', next));
      problem.value = null;
      return null;
    } catch (error) {
      return asProblem(error);
    }
  }
  /** One rule into the list as it is now: in its own place, or after all others. Others may have changed it meanwhile. */
  async function saveOne(before: DialRule | null, rule: DialRule): Promise<{ refused: Problem | null; at: number }> {
    let now: DialRule[];
    try {
      now = await get<DialRule[]>('/dial-rules');
    } catch (error) {
      return { refused: asProblem(error), at: -1 };
    }
    const at = before === null ? now.length : now.findIndex((one) => isSame(one, before));
    if (at < 0) {
      rules.set(now);
      return { refused: new Problem(409, { code: 'changed_meanwhile' }), at };
    }
    return { refused: await save([...now.slice(0, at), rule, ...now.slice(at + 1)]), at };
  }
  const change = async (next: DialRule[]) => (problem.value = await save(next));

  const create = (
    <Button kind="primary" icon="plus" onClick={openNew} disabled={!rules.data}>
      {say('new')}
    </Button>
  );
  return (
    <Screen title={say('title')} lead={say('lead')} actions={create}>
      {rules.problem && !rules.data && <ErrorState problem={rules.problem} onRetry={rules.reload} />}
      {!rules.data && !rules.problem && <Skeleton lines={5} />}
      {rules.data && all.length === 0 && <Empty icon="route" title={say('empty')}>{say('empty_text')}</Empty>}
      {problem.value && <FormProblem problem={problem.value} />}
      <ol class="ordered">
        {all.map((rule, at) => (
          <Row
            key={JSON.stringify(rule)}
            rule={rule}
            titles={titles}
            at={at}
            last={at === all.length - 1}
            onOpen={() => (rule.conference === undefined ? openRule(rule, at) : go('admin', 'conferences'))}
            onMove={(to) => change(moved(all, at, to))}
            onRemove={() => change(all.filter((_, other) => other !== at))}
          />
        ))}
      </ol>
      <RefusedCalls />
      {open.value !== null && (
        <RuleForm
          rule={opened.value}
          first={made.value}
          at={open.value}
          onClose={() => (open.value = null)}
          onSave={async (rule) => {
            const { refused, at } = await saveOne(opened.value, rule);
            if (!refused) open.value = null;
            return refused && { problem: refused, at };
          }}
        />
      )}
    </Screen>
  );
}

const isSame = (one: DialRule, other: DialRule) => JSON.stringify(one) === JSON.stringify(other);

interface RowProps {
  rule: DialRule;
  titles: Titles;
  at: number;
  last: boolean;
  onOpen: () => void;
  onMove: (to: number) => unknown;
  onRemove: () => unknown;
}

function Row({ rule, titles, at, last, onOpen, onMove, onRemove }: RowProps) {
  return (
    <li class="ordered-row">
      <span class="soft">{at + 1}</span>
      <button type="button" class="ordered-text" onClick={onOpen}>
        <span>{occasionOf(rule)}</span>
        <Icon name="arrow_right" size={14} label={say('arrow')} />
        <span>{destinationOf(rule, titles)}</span>
      </button>
      <span class="row">
        <IconButton icon="arrow_up" size="small" iconSize={15} label={shared('move_up')} disabled={at === 0} onClick={() => onMove(at - 1)} />
        <IconButton icon="arrow_down" size="small" iconSize={15} label={shared('move_down')} disabled={last} onClick={() => onMove(at + 1)} />
        <IconButton icon="trash" size="small" iconSize={15} label={shared('remove')} tipAt="left" onClick={onRemove} />
      </span>
    </li>
  );
}

function moved<T>(all: readonly T[], from: number, to: number): T[] {
  const rest = all.filter((_, at) => at !== from);
  return [...rest.slice(0, to), ...all.slice(from, from + 1), ...rest.slice(to)];
}
