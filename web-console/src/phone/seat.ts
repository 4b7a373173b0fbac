// The lasting leg of this page: WHIP (RFC 9725). One peer connection, made once; calls are joined to it by the gateway.

import { ROOT, request } from '../api/client';
import { Problem } from '../api/problem';

// ICE finds most short gaps by itself; after this its restart is asked for.
const RESTART_AFTER_MS = 1_500;
// A restart that has not connected by then is given up for a new connection.
const CONNECTED_WITHIN_MS = 4_000;
const AGAIN_AFTER_MS = 1_000;
// Longer nobody who wants to talk is kept by a question.
const ANSWERED_WITHIN_MS = 3_000;

// RFC 8840: what a PATCH brings.
const FRAGMENT = 'application/trickle-ice-sdpfrag';
const NOTHING_NEW = 'a=end-of-candidates\r\n';

export type SeatState = 'none' | 'connecting' | 'connected' | 'lost' | 'taken';

export interface Owner {
  onTrack: (track: MediaStreamTrack) => void;
  onState: (state: SeatState) => void;
  onFault: (error: unknown) => void;
  /** The Seat is gone: may this page take it anew, or has another browser got it? */
  mayTake: () => Promise<boolean>;
}

export class Seat {
  #connection: RTCPeerConnection | null = null;
  #location: string | null = null;
  #etag = '';
  #timer = 0;
  #ended = false;
  #track: MediaStreamTrack;
  readonly #owner: Owner;

  constructor(track: MediaStreamTrack, owner: Owner) {
    this.#track = track;
    this.#owner = owner;
    window.addEventListener('online', this.mend);
  }

  get connection(): RTCPeerConnection | null {
    return this.#connection;
  }

  /** Takes the Seat, from another browser if need be. Calls that it is in stay. */
  async attach() {
    this.#close();
    this.#owner.onState('connecting');
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' });
    this.#connection = connection;
    connection.addTransceiver(this.#track, { direction: 'sendrecv' });
    connection.addEventListener('track', ({ track }) => this.#owner.onTrack(track));
    connection.addEventListener('connectionstatechange', () => connection === this.#connection && this.#follow(connection));
    await connection.setLocalDescription();
    const offer = connection.localDescription?.sdp ?? '';
    const response = await request('POST', '/whip', { body: offer, type: 'application/sdp' });
    const answer = await response.text();
    // A second attach may have overtaken this one.
    if (connection !== this.#connection) return;
    this.#location = below(response.headers.get('Location'));
    this.#etag = response.headers.get('ETag') ?? '';
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /**
   * Asks whether this page still has the Seat, and yields where it has not: another browser takes it without a word to this one,
   * whose connection seems to stand for seconds.
   */
  async isMine(): Promise<boolean> {
    const connection = this.#connection;
    // One that is being made finds out by itself.
    if (!connection?.currentRemoteDescription || !this.#location) return connection !== null;
    try {
      await request('PATCH', this.#location, { body: NOTHING_NEW, type: FRAGMENT, headers: { 'If-Match': this.#etag }, timeoutMs: ANSWERED_WITHIN_MS });
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 404) await this.#gone(connection);
    }
    return this.#connection !== null;
  }

  /** Another microphone, without a new connection. */
  async speakWith(track: MediaStreamTrack) {
    this.#track = track;
    await this.#connection?.getSenders()[0]?.replaceTrack(track);
  }

  /** Logs out: the gateway ends the Seat and its calls. */
  async end() {
    this.#ended = true;
    window.removeEventListener('online', this.mend);
    this.#close();
    if (this.#location) await request('DELETE', this.#location).catch(() => {});
  }

  /** Brings a lost connection back: an ICE restart first, then a new connection. */
  readonly mend = async () => {
    const connection = this.#connection;
    // One that has yielded takes it back when it is told to.
    if (this.#ended || !connection) return;
    clearTimeout(this.#timer);
    this.#owner.onState('lost');
    const outcome = await this.#restart();
    if (this.#ended || connection !== this.#connection) return;
    if (outcome === 'asked') this.#timer = setTimeout(() => void this.#takeAgain(), CONNECTED_WITHIN_MS);
    else if (outcome === 'gone') await this.#gone(connection);
    else await this.#takeAgain();
  };

  /** The gateway knows this page's Seat no more. */
  async #gone(connection: RTCPeerConnection) {
    const may = await this.#owner.mayTake();
    if (this.#ended || connection !== this.#connection) return;
    if (!may) return this.#yield();
    this.#close();
    await this.#takeAgain();
  }

  #close() {
    clearTimeout(this.#timer);
    const old = this.#connection;
    this.#connection = null;
    old?.close();
  }

  #follow(connection: RTCPeerConnection) {
    clearTimeout(this.#timer);
    const state = connection.connectionState;
    if (state === 'connected') this.#owner.onState('connected');
    if (state === 'disconnected') this.#timer = setTimeout(() => void this.mend(), RESTART_AFTER_MS);
    if (state === 'failed' || state === 'closed') void this.mend();
  }

  #yield() {
    this.#close();
    this.#owner.onState('taken');
  }

  async #takeAgain() {
    if (this.#ended || this.#connection?.connectionState === 'connected') return;
    try {
      await this.attach();
    } catch (problem) {
      // Without a network, or with a gateway that starts anew, patience helps; a refusal is final.
      if (!(problem instanceof Problem) || (problem.status !== 0 && problem.status < 500)) return this.#owner.onFault(problem);
      this.#owner.onState('lost');
      this.#timer = setTimeout(() => void this.#takeAgain(), AGAIN_AFTER_MS);
    }
  }

  // RFC 9725 §4.3.2: a fragment with new credentials each way. `gone`: the Seat ended, or another browser has it.
  async #restart(): Promise<'asked' | 'gone' | 'failed'> {
    const connection = this.#connection;
    if (!connection?.currentRemoteDescription || !this.#location) return 'failed';
    try {
      await connection.setLocalDescription(await connection.createOffer({ iceRestart: true }));
      const response = await request('PATCH', this.#location, {
        body: fragmentOf(connection.localDescription?.sdp ?? ''),
        type: FRAGMENT,
        headers: { 'If-Match': '*' },
      });
      this.#etag = response.headers.get('ETag') ?? '';
      const answer = withIceOf(await response.text(), connection.currentRemoteDescription.sdp);
      await connection.setRemoteDescription({ type: 'answer', sdp: answer });
      return 'asked';
    } catch (problem) {
      return problem instanceof Problem && problem.status === 404 ? 'gone' : 'failed';
    }
  }
}

const below = (location: string | null) => (location?.startsWith(ROOT) ? location.slice(ROOT.length) : location);

const ICE = /^a=(ice-ufrag|ice-pwd|candidate|end-of-candidates)\b/;

function fragmentOf(sdp: string): string {
  const kept = sdp.split('\r\n').filter((line) => /^a=(group|ice-ufrag|ice-pwd|ice-options|mid)\b|^m=/.test(line));
  const ofMedia = (line: string) => /^(m=|a=mid)/.test(line);
  return [...kept.filter((line) => !ofMedia(line)), ...kept.filter(ofMedia), ''].join('\r\n');
}

// The answer that stands, with the credentials and candidates of the fragment.
function withIceOf(fragment: string, sdp: string): string {
  const fresh = fragment.split(/\r?\n/).filter((line) => ICE.test(line));
  const lines = sdp.split('\r\n').filter((line) => line && !ICE.test(line));
  const media = lines.findIndex((line) => line.startsWith('m='));
  const next = lines.findIndex((line, at) => at > media && line.startsWith('m='));
  lines.splice(next < 0 ? lines.length : next, 0, ...fresh);
  return `${lines.join('\r\n')}\r\n`;
}
