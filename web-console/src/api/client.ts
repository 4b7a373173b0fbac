// HTTP to the gateway: the cookie goes by itself, the CSRF token and an idempotency key are added here. A refusal is a `Problem`.

import { Problem } from './problem';

export const ROOT = '/api/v1';
// A gateway that does not answer within this is gone.
const TIMEOUT_MS = 15_000;

type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Wish {
  /** Sent as JSON, but for what is a `Blob` or has a `type`. */
  body?: unknown;
  type?: string;
  query?: Query;
  headers?: Readonly<Record<string, string>>;
  /** For what is large: a file over a slow line. */
  timeoutMs?: number;
  /** The same key makes a repeated POST harmless; one is drawn when none is given. */
  key?: string;
}

let csrf = '';
let onSignedOut = () => {};

/** Told by the log-in: what requests other than GET must carry, and whom to tell when the log-in is over. */
export function signedInWith(token: string, signedOut: () => void) {
  csrf = token;
  onSignedOut = signedOut;
}

export const csrfToken = () => csrf;

/** `fetch` with a time limit; a `Problem` for whatever is not 2xx. `path` is below `/api/v1`. */
export async function request(method: string, path: string, wish: Wish = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address(path, wish.query), {
      method,
      headers: headersOf(method, wish),
      body: bodyOf(wish),
      cache: 'no-store',
      credentials: 'same-origin',
      signal: AbortSignal.timeout(wish.timeoutMs ?? TIMEOUT_MS),
    });
  } catch {
    throw new Problem(0);
  }
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => ({}));
  if (response.status === 401 && csrf) onSignedOut();
  throw new Problem(response.status, typeof body === 'object' && body ? body : {}, response.headers.get('Retry-After'));
}

async function json<T>(method: string, path: string, wish: Wish): Promise<T> {
  const response = await request(method, path, wish);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const get = <T>(path: string, query?: Query) => json<T>('GET', path, query ? { query } : {});
export const post = <T = void>(path: string, body?: unknown, wish: Wish = {}) => json<T>('POST', path, { ...wish, body });
export const patch = <T = void>(path: string, body: unknown) => json<T>('PATCH', path, { body });
export const put = <T = void>(path: string, body: unknown, wish: Wish = {}) => json<T>('PUT', path, { ...wish, body });
export const remove = <T = void>(path: string) => json<T>('DELETE', path, {});

function address(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return ROOT + path + (search ? `?${search}` : '');
}

function headersOf(method: string, wish: Wish): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json', ...wish.headers };
  if (method !== 'GET' && csrf) headers['x-csrf-token'] = csrf;
  if (method === 'POST') headers['Idempotency-Key'] = wish.key ?? crypto.randomUUID();
  if (wish.body !== undefined) headers['Content-Type'] = wish.type ?? (wish.body instanceof Blob ? wish.body.type : 'application/json');
  return headers;
}

function bodyOf({ body, type }: Wish): BodyInit | null {
  if (body === undefined) return null;
  if (body instanceof Blob || (type !== undefined && typeof body === 'string')) return body;
  return JSON.stringify(body);
}
