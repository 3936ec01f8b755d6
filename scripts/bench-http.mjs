/** The load of scripts/bench-service.mjs: bare sockets with one request at a time on each, so that the client costs little. */
import { once } from 'node:events';
import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/** A connection that stays. `ask` gives the status once the whole answer is here. */
export async function connection(url) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  await once(socket, 'connect');
  let done = null;
  let failed = null;
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const end = pending.indexOf(HEAD_END);
    if (end < 0) return;
    const head = pending.latin1Slice(0, end);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (pending.length < end + HEAD_END.length + length) return;
    pending = Buffer.alloc(0);
    done(Number(head.slice(9, 12)));
  });
  const fail = () => failed?.(new Error('the service closed the connection'));
  socket.on('error', fail);
  socket.on('close', fail);
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        done = resolve;
        failed = reject;
        socket.write(request);
      }),
    close: () => {
      socket.off('close', fail);
      socket.destroy();
    },
  };
}

/** As fast as the service answers, on `connections` at once, until `total` are answered. */
export async function flood(url, { connections, total, request, status }) {
  const all = await Promise.all(Array.from({ length: connections }, () => connection(url)));
  let next = 0;
  const before = performance.now();
  await Promise.all(
    all.map(async ({ ask }) => {
      while (next < total) {
        const got = await ask(request(next++));
        if (!status.includes(got)) throw new Error(`answered ${got} where ${status} is expected`);
      }
    }),
  );
  const seconds = (performance.now() - before) / 1000;
  for (const { close } of all) close();
  return { seconds };
}

/** At a steady rate, however long answers take: each is timed from when it was due. */
export async function pace(url, { connections, perSecond, seconds, request }) {
  const idle = await Promise.all(Array.from({ length: connections }, () => connection(url)));
  const all = [...idle];
  const total = perSecond * seconds;
  const times = [];
  const due = [];
  const begun = performance.now();
  let sent = 0;
  await new Promise((resolve, reject) => {
    const send = ({ ask, close }, at, number) => {
      ask(request(number)).then(() => {
        times.push(performance.now() - at);
        if (times.length === total) resolve();
        const waiting = due.shift();
        if (waiting) send({ ask, close }, waiting.at, waiting.number);
        else idle.push({ ask, close });
      }, reject);
    };
    const tick = () => {
      const should = Math.min(total, Math.floor(((performance.now() - begun) / 1000) * perSecond));
      for (; sent < should; sent += 1) {
        const at = begun + (sent / perSecond) * 1000;
        const free = idle.pop();
        if (free) send(free, at, sent);
        else due.push({ at, number: sent });
      }
      if (sent < total) setImmediate(tick);
    };
    tick();
  });
  for (const { close } of all) close();
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(total * 0.5)], p99: times[Math.floor(total * 0.99)] };
}
