// The lasting leg of this page: WHIP (RFC 9725). One peer connection, made once; calls are joined to it by the gateway.

import { Problem, request } from './api.js';

// ICE finds most short gaps by itself; after this its restart is asked for.
const RESTART_AFTER_MS = 1_500;
// A restart that has not connected by then is given up for a new connection.
const CONNECTED_WITHIN_MS = 4_000;
const AGAIN_AFTER_MS = 1_000;

/** `onState('connecting' | 'connected' | 'lost' | 'taken')`, `onFault(error)`; `mayTake()`: nobody else has the Seat. */
export class Seat {
  #connection = null;
  #location = null;
  #timer = 0;
  #ended = false;

  constructor({ microphone, onTrack, onState, onFault, mayTake }) {
    Object.assign(this, { microphone, onTrack, onState, onFault, mayTake });
    this.mend = this.mend.bind(this);
    window.addEventListener('online', this.mend);
  }

  /** Takes the Seat, from another browser if need be. Calls that it is in stay. */
  async attach() {
    this.#close();
    this.onState('connecting');
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' });
    this.#connection = connection;
    connection.addTransceiver(this.microphone.getAudioTracks()[0], { direction: 'sendrecv' });
    connection.addEventListener('track', ({ track }) => this.onTrack(track));
    connection.addEventListener('connectionstatechange', () => connection === this.#connection && this.#follow());
    await connection.setLocalDescription();
    const response = await request('POST', '/whip', { body: connection.localDescription.sdp, type: 'application/sdp' });
    const answer = await response.text();
    // A second attach may have overtaken this one.
    if (connection !== this.#connection) return;
    this.#location = response.headers.get('Location');
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /** Logs out: the gateway ends the Seat and its calls. */
  async end() {
    this.#ended = true;
    window.removeEventListener('online', this.mend);
    this.#close();
    if (this.#location) await request('DELETE', this.#location).catch(() => {});
  }

  get connection() {
    return this.#connection;
  }

  #close() {
    clearTimeout(this.#timer);
    const old = this.#connection;
    this.#connection = null;
    old?.close();
  }

  #follow() {
    clearTimeout(this.#timer);
    const state = this.#connection.connectionState;
    if (state === 'connected') this.onState('connected');
    if (state === 'disconnected') this.#timer = setTimeout(this.mend, RESTART_AFTER_MS);
    if (state === 'failed' || state === 'closed') this.mend();
  }

  /** Brings a lost connection back: an ICE restart first, then a new connection. */
  async mend() {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.onState('lost');
    const outcome = await this.#restart();
    if (this.#ended) return;
    if (outcome === 'asked') this.#timer = setTimeout(() => this.#takeAgain(), CONNECTED_WITHIN_MS);
    else if (outcome === 'gone' && !this.mayTake()) this.#yield();
    else await this.#takeAgain();
  }

  #yield() {
    this.#close();
    this.onState('taken');
  }

  async #takeAgain() {
    if (this.#ended || this.#connection?.connectionState === 'connected') return;
    try {
      await this.attach();
    } catch (problem) {
      // Without a network, or with a gateway that starts anew, patience helps; a refusal is final.
      if (!(problem instanceof Problem) || (problem.status !== 0 && problem.status < 500)) return this.onFault(problem);
      this.onState('lost');
      this.#timer = setTimeout(() => this.#takeAgain(), AGAIN_AFTER_MS);
    }
  }

  // RFC 9725 §4.3.2: a fragment with new credentials each way. `gone`: the Seat ended, or another browser has it.
  async #restart() {
    const connection = this.#connection;
    if (!connection?.remoteDescription || !this.#location) return 'failed';
    try {
      await connection.setLocalDescription(await connection.createOffer({ iceRestart: true }));
      const response = await request('PATCH', this.#location, {
        body: fragmentOf(connection.localDescription.sdp),
        type: 'application/trickle-ice-sdpfrag',
        headers: { 'If-Match': '*' },
      });
      const answer = withIceOf(await response.text(), connection.currentRemoteDescription.sdp);
      await connection.setRemoteDescription({ type: 'answer', sdp: answer });
      return 'asked';
    } catch (problem) {
      return problem.status === 404 ? 'gone' : 'failed';
    }
  }
}

const ICE = /^a=(ice-ufrag|ice-pwd|candidate|end-of-candidates)\b/;

function fragmentOf(sdp) {
  const lines = sdp.split('\r\n');
  const kept = lines.filter((line) => /^a=(group|ice-ufrag|ice-pwd|ice-options|mid)\b|^m=/.test(line));
  const session = kept.filter((line) => !/^(m=|a=mid)/.test(line));
  return [...session, ...kept.filter((line) => /^(m=|a=mid)/.test(line)), ''].join('\r\n');
}

// The answer that stands, with the credentials and candidates of the fragment.
function withIceOf(fragment, sdp) {
  const fresh = fragment.split(/\r?\n/).filter((line) => ICE.test(line));
  const lines = sdp.split('\r\n').filter((line) => line && !ICE.test(line));
  const media = lines.findIndex((line) => line.startsWith('m='));
  const next = lines.findIndex((line, at) => at > media && line.startsWith('m='));
  lines.splice(next < 0 ? lines.length : next, 0, ...fresh);
  return `${lines.join('\r\n')}\r\n`;
}
