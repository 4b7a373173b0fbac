"""A WebRTC peer on aiortc, which shares nothing with Chromium: one JSON object a line comes in, one goes out.

`{"id", "verb", ...}` is answered by `{"id", "value"}` or `{"id", "fault"}`. Ends when its input ends.
"""

import array
import asyncio
import fractions
import json
import math
import ssl
import sys
import urllib.request
from collections import deque

import aioice.ice
import av
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

# Only loopback is called, and some machines have nothing else.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

RATE_HZ = 48_000
FRAME_SAMPLES = RATE_HZ // 50
# As in the Rust harness: a tone is heard when this share of the power of 200 ms is its own.
HEARD_SHARE = 0.7
HEARD_S = 0.2
SILENCE_RMS = 20.0
TIMEOUT_S = 90


class Tone(MediaStreamTrack):
    """A sine, 20 ms at a time."""

    kind = "audio"

    def __init__(self, hz):
        super().__init__()
        self.step = math.tau * hz / RATE_HZ
        self.sent = 0
        self.began = None

    async def recv(self):
        now = asyncio.get_running_loop().time()
        self.began = self.began if self.began is not None else now
        await asyncio.sleep(max(0.0, self.began + self.sent / RATE_HZ - now))
        samples = array.array("h", (int(10_000 * math.sin(self.step * (self.sent + n))) for n in range(FRAME_SAMPLES)))
        frame = av.AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate = RATE_HZ
        frame.pts = self.sent
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        self.sent += FRAME_SAMPLES
        return frame


class Ear:
    """The newest second of what came in, mono, at the rate it came with."""

    def __init__(self):
        self.samples = deque()
        self.rate_hz = RATE_HZ
        self.count = 0

    async def listen(self, track):
        try:
            while True:
                frame = await track.recv()
                channels = len(frame.layout.channels)
                samples = array.array("h", bytes(frame.planes[0])[: frame.samples * channels * 2])[::channels]
                if frame.sample_rate != self.rate_hz:
                    self.rate_hz = frame.sample_rate
                    self.samples.clear()
                self.samples.extend(samples)
                self.count += len(samples)
                while len(self.samples) > self.rate_hz:
                    self.samples.popleft()
        except MediaStreamError:
            pass

    def window(self):
        count = int(self.rate_hz * HEARD_S)
        return list(self.samples)[-count:] if len(self.samples) >= count else []

    def share(self, hz):
        window = self.window()
        energy = sum(s * s for s in window)
        if not window or math.sqrt(energy / len(window)) < SILENCE_RMS:
            return 0.0
        coefficient = 2 * math.cos(math.tau * hz / self.rate_hz)
        s1 = s2 = 0.0
        for sample in window:
            s1, s2 = sample + coefficient * s1 - s2, s1
        power = s1 * s1 + s2 * s2 - coefficient * s1 * s2
        return min(1.0, 2 * power / (len(window) * energy))


class Peer:
    def __init__(self):
        self.connection = None
        self.ear = Ear()
        self.location = None
        self.listening = None

    async def offer(self, hz, codec):
        """An offer with one audio line that speaks a tone in this codec."""
        self.open()
        transceiver = self.connection.addTransceiver(Tone(hz), direction="sendrecv")
        wanted = [c for c in RTCRtpSender.getCapabilities("audio").codecs if c.mimeType.lower() == f"audio/{codec}".lower()]
        transceiver.setCodecPreferences(wanted)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def accept(self, answer):
        """Takes the answer and waits until ICE and DTLS are up."""
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await self.connected()

    async def answer(self, offer, hz):
        """The answer to an offer, speaking a tone."""
        self.open()
        self.connection.addTrack(Tone(hz))
        await self.connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        return self.connection.localDescription.sdp

    async def connected(self):
        await self.until(lambda: self.connection.connectionState == "connected", "connected")

    async def attach(self, url, token, hz, codec):
        """Takes a Seat by WHIP, speaking a tone in this codec; the answer of the gateway."""
        offer = await self.offer(hz, codec)
        answer, self.location = await asyncio.to_thread(post, url, token, offer)
        await self.accept(answer)
        return answer

    def open(self):
        self.connection = RTCPeerConnection()
        self.connection.on("track", self.hear)

    def hear(self, track):
        self.listening = asyncio.ensure_future(self.ear.listen(track))

    async def hears(self, hz):
        """Waits until 200 ms of what comes in from now on is this tone."""
        enough = self.ear.count + self.ear.rate_hz * HEARD_S
        await self.until(lambda: self.ear.count >= enough and self.ear.share(hz) > HEARD_SHARE, f"{hz} Hz")

    async def hears_all(self, present, absent):
        """Waits until 200 ms of what comes in from now on hold each of the first tones and none of the others."""
        enough = self.ear.count + self.ear.rate_hz * HEARD_S
        least = 0.4 / len(present)

        def mixed():
            if self.ear.count < enough:
                return False
            return all(self.ear.share(hz) > least for hz in present) and all(self.ear.share(hz) < 0.02 for hz in absent)

        await self.until(mixed, f"{present} Hz without {absent} Hz")

    async def until(self, fits, what):
        for _ in range(TIMEOUT_S * 20):
            if fits():
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(f"{what}: not within {TIMEOUT_S} s")

    async def close(self):
        await self.connection.close()


def post(url, token, offer):
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, offer.encode(), headers)
    # The node's pair for trial is signed by nobody.
    context = ssl._create_unverified_context() if url.startswith("https") else None
    with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context) as response:
        return response.read().decode(), response.headers["Location"]


async def obey(peer, line):
    order = json.loads(line)
    answer = {"id": order.pop("id")}
    try:
        answer["value"] = await getattr(peer, order.pop("verb"))(**order)
    except Exception as error:  # whatever it is, the test is told
        answer["fault"] = f"{type(error).__name__}: {error}"
    print(json.dumps(answer), flush=True)


async def main():
    peer = Peer()
    loop = asyncio.get_running_loop()
    orders = set()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        task = loop.create_task(obey(peer, line))
        orders.add(task)
        task.add_done_callback(orders.discard)


asyncio.run(main())
