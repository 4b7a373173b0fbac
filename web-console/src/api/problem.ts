/** What a server says when it refuses (RFC 9457), whatever part of it is there. */
interface Refusal {
  title?: string;
  detail?: string;
  fault?: 'caller' | 'peer' | 'node';
  field?: string;
  code?: string;
  parameters?: Record<string, string | number>;
}

/** A request that was refused, or not answered: then `status` is 0. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string | null;
  /** Who has to change something: the caller, the far end, or the node. */
  readonly fault: 'caller' | 'peer' | 'node';
  /** The field of the request that is to blame, where one is. */
  readonly field: string | null;
  /** Names the cause, whatever language the words are in; what they have places for. */
  readonly code: string | null;
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly retryAfterS: number | null;

  constructor(status: number, body: Refusal = {}, retryAfter: string | null = null) {
    super(body.title ?? `status ${status}`);
    this.status = status;
    this.title = body.title ?? '';
    this.detail = body.detail ?? null;
    this.fault = body.fault ?? (status >= 500 || status === 0 ? 'node' : 'caller');
    this.field = body.field ?? null;
    this.code = body.code ?? null;
    this.parameters = body.parameters ?? {};
    this.retryAfterS = retryAfter === null ? null : Number(retryAfter);
  }
}

/** What failed in the page itself has this status: no request was refused. */
export const PAGE_FAILED = -1;

export const asProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem(PAGE_FAILED, { title: error instanceof Error ? error.message : String(error) });
