// Runs in every page before its own scripts: hears what each peer connection of the page gets, whatever the page does
// with it, and lets the fake microphone through as it is, since noise suppression takes a steady tone for noise.
(() => {
  // As in the Rust harness: a tone is heard when this share of the power of 200 ms is its own.
  const HEARD_SHARE = 0.7;
  const HEARD_S = 0.2;
  const LOOK_EVERY_MS = 40;
  // As the harness waits for everything else.
  const TIMEOUT_MS = 90_000;
  const SILENCE_RMS = 0.0005;

  const connections = [];
  const analysers = [];
  let audio;

  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...parameters) {
      super(...parameters);
      connections.push(this);
      this.addEventListener('track', ({ track }) => track.kind === 'audio' && listen(track));
    }

    setRemoteDescription(description) {
      return super.setRemoteDescription({ type: description.type, sdp: redirected(description.sdp) });
    }
  };

  // The gateway's UDP port and the one that stands for it, as after `detour`. Candidates over TCP go: they know no detour.
  let way = null;
  function redirected(sdp) {
    if (!way) return sdp;
    const lines = sdp.split('\r\n').filter((line) => !/^a=candidate:.* tcp /i.test(line));
    return lines.map((line) => line.replace(/^(a=candidate:.*) (\d+) typ/, (all, head, port) => (Number(port) === way.from ? `${head} ${way.to} typ` : all))).join('\r\n');
  }

  // The tones that the page itself has sounded, in hertz: oscillators that began while sound came out.
  const sounded = new Set();
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    if (this.context.state === 'running') sounded.add(this.frequency.value);
    else this.context.addEventListener('statechange', () => this.context.state === 'running' && sounded.add(this.frequency.value), { once: true });
    return start.apply(this, when);
  };

  const getUserMedia = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (getUserMedia) {
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    navigator.mediaDevices.getUserMedia = (wish) =>
      getUserMedia({ ...wish, audio: wish.audio && { ...(wish.audio === true ? {} : wish.audio), ...plain } });
  }

  function listen(track) {
    audio ??= new AudioContext();
    const stream = new MediaStream([track]);
    // Chromium decodes a remote track only when an element plays it.
    const element = new Audio();
    element.muted = true;
    element.srcObject = stream;
    element.play().catch(() => {});
    const analyser = audio.createAnalyser();
    analyser.fftSize = 16384;
    audio.createMediaStreamSource(stream).connect(analyser);
    analysers.push({ analyser, element });
  }

  // The last 200 ms of each track.
  function heard() {
    const count = Math.round(audio.sampleRate * HEARD_S);
    return analysers.map(({ analyser }) => {
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      return samples.subarray(samples.length - count);
    });
  }

  function energy(samples) {
    return samples.reduce((sum, s) => sum + s * s, 0);
  }

  function rms(samples) {
    return Math.sqrt(energy(samples) / samples.length);
  }

  function share(samples, hz, rateHz) {
    if (rms(samples) < SILENCE_RMS) return 0;
    const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
    let s1 = 0;
    let s2 = 0;
    for (const sample of samples) [s1, s2] = [sample + coefficient * s1 - s2, s1];
    const power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    return Math.min(1, (2 * power) / (samples.length * energy(samples)));
  }

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // Looks until `fits` or the time is over; nothing from before the call counts.
  async function until(fits, timeoutMs, what) {
    const end = performance.now() + timeoutMs;
    await pause(HEARD_S * 1000);
    while (performance.now() < end) {
      if (audio && fits()) return performance.timeOrigin + performance.now();
      await pause(LOOK_EVERY_MS);
    }
    throw new Error(`${what}: not within ${timeoutMs} ms; now ${audio ? describe() : 'no remote track'}`);
  }

  function describe() {
    return JSON.stringify(heard().map((samples) => ({ rms: rms(samples), hz: loudest(samples) })));
  }

  function loudest(samples) {
    let best = [0, 0];
    for (let hz = 200; hz < 2000; hz += 20) {
      const found = share(samples, hz, audio.sampleRate);
      if (found > best[1]) best = [hz, found];
    }
    return best[0];
  }

  window.ear = {
    connections,
    // Media for UDP port `from` of the gateway goes to port `to` from the next description on: another link stands there.
    detour(from, to) {
      way = { from, to };
    },
    // The time (ms since 1970) at which a whole window of this tone had come in.
    hears: (hz, timeoutMs = TIMEOUT_MS) =>
      until(() => heard().some((s) => share(s, hz, audio.sampleRate) > HEARD_SHARE), timeoutMs, `hears ${hz} Hz`),
    // A window that holds each of the first tones and none of the others.
    hearsAll: (present, absent, timeoutMs = TIMEOUT_MS) =>
      until(
        () =>
          heard().some((s) => {
            const of = (hz) => share(s, hz, audio.sampleRate);
            return present.every((hz) => of(hz) > 0.4 / present.length) && absent.every((hz) => of(hz) < 0.02);
          }),
        timeoutMs,
        `hears ${present} Hz without ${absent}`,
      ),
    // Another sound or none.
    hearsNo: (hz, timeoutMs = TIMEOUT_MS) =>
      until(() => heard().every((s) => share(s, hz, audio.sampleRate) < 0.1), timeoutMs, `hears no more ${hz} Hz`),
    hearsNothing: (timeoutMs = TIMEOUT_MS) =>
      until(() => heard().every((s) => rms(s) < SILENCE_RMS), timeoutMs, 'hears nothing'),
    // The page has sounded this tone since it was opened.
    async sounded(hz, timeoutMs = TIMEOUT_MS) {
      const end = performance.now() + timeoutMs;
      while (!sounded.has(hz)) {
        if (performance.now() > end) throw new Error(`no tone of ${hz} Hz, only of ${[...sounded]}`);
        await pause(LOOK_EVERY_MS);
      }
    },
    // What getStats says of the newest connection, without the bulk.
    async stats() {
      const report = await connections.at(-1).getStats();
      return [...report.values()].filter((s) => /^(inbound|outbound|remote-inbound)-rtp$|^candidate-pair$|^codec$/.test(s.type));
    },
  };
})();
