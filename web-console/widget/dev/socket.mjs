// The server's side of a WebSocket (RFC 6455), as much as a stand-in needs: text frames below 64 KiB, in one piece.

import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Takes an upgraded socket; gives what sends and closes. */
export function accept(request, socket, { hear, gone }) {
  const key = createHash('sha1').update(request.headers['sec-websocket-key'] + GUID).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`);
  let rest = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (let frame = read(rest); frame; frame = read(rest)) {
      rest = rest.subarray(frame.end);
      if (frame.opcode === TEXT) hear(JSON.parse(frame.payload.toString()));
      if (frame.opcode === PING) socket.write(written(PONG, frame.payload));
      if (frame.opcode === CLOSE) socket.end(written(CLOSE, frame.payload));
    }
  });
  socket.on('close', gone);
  socket.on('error', () => socket.destroy());
  return {
    say: (frame) => socket.writable && socket.write(written(TEXT, Buffer.from(JSON.stringify(frame)))),
    close: (code) => socket.end(written(CLOSE, Buffer.from([code >> 8, code & 0xff]))),
    cut: () => socket.destroy(),
  };
}

function read(bytes) {
  if (bytes.length < 6) return null;
  const short = bytes[1] & 0x7f;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  const mask = short === 126 ? 4 : 2;
  const end = mask + 4 + length;
  if (bytes.length < end) return null;
  const payload = Buffer.from(bytes.subarray(mask + 4, end));
  for (let at = 0; at < payload.length; at += 1) payload[at] ^= bytes[mask + (at % 4)];
  return { opcode: bytes[0] & 0x0f, payload, end };
}

function written(opcode, payload) {
  const head = payload.length < 126 ? [0x80 | opcode, payload.length] : [0x80 | opcode, 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from(head), payload]);
}
