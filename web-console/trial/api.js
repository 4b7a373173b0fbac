// HTTP to the gateway. A refusal is a `Problem`; only `signIn` sees a password, and it is not kept.

const KEPT = 'ramal.token';
// A gateway that does not answer within this is gone.
const TIMEOUT_MS = 10_000;

/** A request that was refused (RFC 9457), or not answered: then `status` is 0. */
export class Problem extends Error {
  constructor(status, body = {}) {
    super(body.title ?? `status ${status}`);
    this.status = status;
    this.detail = body.detail ?? null;
    this.fault = body.fault ?? null;
    this.retryAfterS = body.retryAfterS ?? null;
  }
}

/** `fetch` with the token, a time limit, and a `Problem` for whatever is not 2xx. */
export async function request(method, path, { body, type = 'application/json', headers = {} } = {}) {
  const all = { ...headers };
  const login = token();
  if (login) all.Authorization = `Bearer ${login.token}`;
  if (body !== undefined) all['Content-Type'] = type;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  let response;
  try {
    response = await fetch(path, { method, headers: all, body: text, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new Problem(0);
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Problem(response.status, { ...problem, retryAfterS: response.headers.get('Retry-After') });
}

/** What the tab knows of its login: `{ token, extension, display_name, expires_at_ms }`, or `null`. It ends with the tab. */
export function token() {
  return JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
}

export async function signIn(extension, domain, password) {
  const response = await request('POST', '/api/token', { body: { extension, domain, password } });
  sessionStorage.setItem(KEPT, JSON.stringify(await response.json()));
}

/** The SIP domain of the node's only organization; `null` where there are several, or the node does not answer. */
export async function onlyDomain() {
  const told = await request('GET', '/trial/node.json').then((response) => response.json(), () => null);
  return told?.sip_domain ?? null;
}

export function forget() {
  sessionStorage.removeItem(KEPT);
}

/** A verb about a call: `answer`, `reject`, `hold`, `resume`, `dtmf`, `transfer`. */
export const tell = (call, verb, body) => request('POST', `/api/calls/${encodeURIComponent(call)}/${verb}`, { body });

export const hangUp = (call) => request('DELETE', `/api/calls/${encodeURIComponent(call)}`);

export const dial = (to) => request('POST', '/api/calls', { body: { to } });
