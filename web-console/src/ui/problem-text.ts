import { PAGE_FAILED, type Problem } from '../api/problem';
import { say } from './words';

const KNOWN = [0, 400, 401, 403, 404, 409, 413, 422, 429, 503] as const;

/** What failed and what to do, in the reader's language. */
export function textOf(problem: Problem): string {
  if (problem.status === PAGE_FAILED) return say('fault_page');
  const known = KNOWN.find((status) => status === problem.status);
  return known === undefined ? say('fault_other') : say(`fault_${known}`);
}

/** The server's own words about it, which name the exact cause; empty where there are none. */
export function causeOf(problem: Problem): string {
  return [problem.title, problem.detail].filter(Boolean).join('. ').replaceAll('..', '.');
}
