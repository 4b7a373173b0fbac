// Whose a refusal of the dial plan is: it is saved whole, and a form holds one rule of it.

import type { Problem } from '../../api/problem';
import { fieldTextOf } from '../../ui/problem-text';

/** Why the plan was not saved, and the place in it that the form's rule had. */
export interface Refusal {
  problem: Problem;
  at: number;
}

/** What is said beside the field of this key. A refusal names the rule and its key, `rule[3].pin`; that of another rule is none of this field. */
export const faultOf = (refusal: Refusal | null, key: string): string | null =>
  refusal && refusal.problem.field === `rule[${refusal.at}].${key}` ? fieldTextOf(refusal.problem) : null;
