// One row of a list, by the number in its address; and what stands there where no row has it.

import { Problem } from '../api/problem';
import { href } from '../route/route';
import { Empty, ErrorState, Screen, useResource } from '../ui';
import { Crumb } from '../ui/crumb';
import type { Resource } from '../ui/resource';

const NOT_FOUND = 404;

/** As [useResource]; what is no number is nobody's, and is not asked for. */
export function useRecord<T>(place: string, id: number, on: string): Resource<T> {
  const named = Number.isSafeInteger(id) && id > 0;
  const read = useResource<T>(named ? `${place}/${id}` : null, on);
  return named ? read : { ...read, problem: new Problem(NOT_FOUND) };
}

interface UnreadProps {
  problem: Problem;
  onRetry: () => unknown;
  /** The list that it is none of: its address and name. */
  list: readonly string[];
  title: string;
  /** Said where there is no such row. */
  none: string;
}

/** Why it cannot be shown. What is not there is not asked for again. */
export function Unread({ problem, onRetry, list, title, none }: UnreadProps) {
  return (
    <Screen width="narrow" title={title}>
      <Crumb href={href(...list)} title={title} />
      {problem.status === NOT_FOUND ? <Empty icon="question" title={none} /> : <ErrorState problem={problem} onRetry={onRetry} />}
    </Screen>
  );
}
