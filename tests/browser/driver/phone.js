// A SIP phone in a page, on JsSIP, as any WebRTC phone of another maker would be.

import * as library from 'jssip';

const JsSIP = library.default ?? library;
const EVENT_TIMEOUT_MS = 90_000;

let agent;
// The newest call is the one that verbs mean.
const calls = [];
const waiting = [];
const happened = [];

function tell(name, detail = null) {
  happened.push({ name, detail });
  waiting.splice(0).forEach((look) => look());
}

// Waits for an event that nobody has taken yet.
function expect(name) {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`no ${name}; there were ${JSON.stringify(happened)}`)), EVENT_TIMEOUT_MS);
    const look = () => {
      const at = happened.findIndex((event) => event.name === name);
      if (at < 0) return waiting.push(look);
      clearTimeout(timer);
      return done(happened.splice(at, 1)[0].detail);
    };
    look();
  });
}

function follow(call, incoming) {
  calls.push(call);
  call.on('progress', ({ response }) => tell('progress', response?.status_code ?? null));
  call.on('confirmed', () => tell('confirmed'));
  call.on('ended', ({ originator, cause }) => tell('ended', { originator, cause }));
  call.on('failed', ({ originator, cause, message }) => tell('failed', { originator, cause, status: message?.status_code ?? null }));
  call.on('hold', ({ originator }) => originator === 'remote' && tell('held'));
  call.on('unhold', ({ originator }) => originator === 'remote' && tell('resumed'));
  call.on('newDTMF', ({ originator, dtmf }) => originator === 'remote' && tell('digit', dtmf.tone));
  call.on('getusermediafailed', (error) => tell('fault', String(error)));
  call.on('peerconnection:setremotedescriptionfailed', (error) => tell('fault', String(error)));
  call.on('sdp', ({ originator, type, sdp }) => console.log(`${originator} ${type}\n${sdp}`));
  if (incoming) tell('incoming', call.remote_identity.uri.user);
}

const current = () => calls.at(-1);

window.phone = {
  expect,
  // Resolves when registered; rejects with the reason when refused.
  register({ socket, user, domain, password }) {
    agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(socket)],
      uri: `sip:${user}@${domain}`,
      password,
      register_expires: 600,
      session_timers: false,
    });
    agent.on('newRTCSession', ({ originator, session }) => follow(session, originator === 'remote'));
    agent.on('disconnected', () => tell('disconnected'));
    return new Promise((done, fail) => {
      agent.once('registered', () => done());
      agent.once('registrationFailed', ({ cause, response }) => fail(new Error(`${cause} ${response?.status_code ?? ''}`)));
      agent.start();
    });
  },
  dial(number, video = false) {
    agent.call(`sip:${number}@${agent.configuration.uri.host}`, { mediaConstraints: { audio: true, video } });
  },
  answer(video = false) {
    current().answer({ mediaConstraints: { audio: true, video } });
  },
  hangUp: () => current().terminate(),
  hold: () => new Promise((done) => current().hold({}, done)),
  resume: () => new Promise((done) => current().unhold({}, done)),
  digit: (digit, form) => current().sendDTMF(digit, { transportType: form, duration: 160 }),
  // Resolves with what became of the transfer.
  refer: (number) =>
    new Promise((done) => {
      current().refer(`sip:${number}@${agent.configuration.uri.host}`, {
        eventHandlers: {
          accepted: () => done('accepted'),
          failed: ({ request }) => done(`failed ${JSON.stringify(request?.status_line ?? null)}`),
          requestFailed: ({ cause }) => done(`refused: ${cause}`),
        },
      });
    }),
  stop: () => agent.stop(),
  // Two ends of a connection in this page: what the harness tests itself with.
  async talkToMyself() {
    const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
    near.onicecandidate = ({ candidate }) => far.addIceCandidate(candidate);
    far.onicecandidate = ({ candidate }) => near.addIceCandidate(candidate);
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    stream.getTracks().forEach((track) => near.addTrack(track, stream));
    await near.setLocalDescription();
    await far.setRemoteDescription(near.localDescription);
    await far.setLocalDescription();
    await near.setRemoteDescription(far.localDescription);
  },
};
