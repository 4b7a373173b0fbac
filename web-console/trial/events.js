// The gateway's events: one WebSocket, opened again whenever it ends; each begins with a snapshot.

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** Calls `onEvent` with each event and `onReach(true | false)`. Returns what closes it for good. */
export function listen(token, onEvent, onReach) {
  let socket;
  let pauseMs = FIRST_PAUSE_MS;
  let closed = false;

  function open() {
    if (closed) return;
    const address = new URL('/api/events', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    socket = new WebSocket(address);
    socket.addEventListener('open', () => socket.send(JSON.stringify({ token })));
    socket.addEventListener('message', ({ data }) => {
      pauseMs = FIRST_PAUSE_MS;
      const event = JSON.parse(data);
      if (event.type === 'snapshot') onReach(true);
      onEvent(event);
    });
    socket.addEventListener('close', () => {
      if (closed) return;
      onReach(false);
      // Half of the pause is drawn, so that many pages do not come back at once.
      setTimeout(open, pauseMs / 2 + Math.random() * (pauseMs / 2));
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    });
  }

  open();
  return () => {
    closed = true;
    socket.close();
  };
}
