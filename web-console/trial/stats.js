// What the browser itself measures of its connection.

/** Rates need two looks: this remembers the one before. */
export class Stats {
  #before = null;

  /** Figures now, in the units their names say; a value is `null` where the browser does not know it. */
  async look(connection) {
    const all = [...(await connection.getStats()).values()];
    const inbound = all.find((s) => s.type === 'inbound-rtp' && s.kind === 'audio');
    const outbound = all.find((s) => s.type === 'outbound-rtp' && s.kind === 'audio');
    const transport = all.find((s) => s.type === 'transport');
    const pair = all.find((s) => s.id === transport?.selectedCandidatePairId);
    const remote = all.find((s) => s.id === pair?.remoteCandidateId);
    const codec = all.find((s) => s.id === inbound?.codecId);
    const before = this.#before ?? {};
    this.#before = {
      at: performance.now(),
      in: inbound?.bytesReceived ?? 0,
      out: outbound?.bytesSent ?? 0,
      played: inbound?.totalSamplesReceived ?? 0,
      madeUp: inbound?.concealedSamples ?? 0,
    };
    const played = this.#before.played - before.played;
    const kbps = (bytes, earlier) =>
      earlier === undefined ? null : Math.max(0, (bytes - earlier) * 8) / (this.#before.at - before.at);
    return {
      codec: codec?.mimeType.split('/')[1] ?? null,
      receivesKbps: kbps(this.#before.in, before.in),
      sendsKbps: kbps(this.#before.out, before.out),
      jitterMs: inbound ? inbound.jitter * 1000 : null,
      lostPackets: inbound?.packetsLost ?? null,
      // Since the look before: of a whole connection it would go on telling of every gap between two calls.
      concealedPercent: played > 0 ? (100 * (this.#before.madeUp - before.madeUp)) / played : null,
      roundTripMs: pair?.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1000,
      path: remote ? `${remote.protocol.toUpperCase()} ${remote.address}:${remote.port}` : null,
    };
  }
}
