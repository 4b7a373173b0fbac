import { PAGE_FAILED, type Problem } from '../api/problem';
import { causeWords } from './problem-words';
import { say } from './words';

const KNOWN = [0, 400, 401, 403, 404, 409, 413, 422, 429, 503] as const;

/** What failed and what to do, in the reader's language: the exact cause where there are words for it. */
export function textOf(problem: Problem): string {
  const exact = exactOf(problem);
  if (exact) return exact;
  if (problem.status === PAGE_FAILED) return say('fault_page');
  const known = KNOWN.find((status) => status === problem.status);
  return known === undefined ? say('fault_other') : say(`fault_${known}`);
}

/** The server's own words where the reader's language has none that are as exact. */
export function causeOf(problem: Problem): string {
  if (exactOf(problem)) return '';
  return [problem.title, problem.detail].filter(Boolean).join('. ').replaceAll('..', '.');
}

/** What is said beside the field that is to blame. */
export const fieldTextOf = (problem: Problem): string => exactOf(problem) ?? (problem.detail || problem.title);

const exactOf = (problem: Problem) => (problem.code === null ? null : causeWords(problem.code, problem.parameters));
