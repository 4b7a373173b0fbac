// The server's half of RFC 6455, as far as events need it: text out, and whatever comes in is only watched for a close.

import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE = 0x8;

/** Answers an upgrade; gives `send(object)`, `close()` and `onClose`. */
export function accept(request, socket) {
  const key = createHash('sha1').update(request.headers['sec-websocket-key'] + GUID).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`);
  const peer = { onClose: () => {}, send: (data) => socket.writable && socket.write(frame(JSON.stringify(data))), close: () => socket.end() };
  socket.on('data', (bytes) => (bytes[0] & 0xf) === CLOSE && socket.end());
  socket.on('close', () => peer.onClose());
  socket.on('error', () => {});
  return peer;
}

function frame(text) {
  const body = Buffer.from(text);
  if (body.length < 126) return Buffer.concat([Buffer.from([0x81, body.length]), body]);
  const head = Buffer.alloc(body.length < 65536 ? 4 : 10);
  head[0] = 0x81;
  if (body.length < 65536) {
    head[1] = 126;
    head.writeUInt16BE(body.length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  return Buffer.concat([head, body]);
}
