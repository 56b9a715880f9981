import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerParent } from './answer.js';
import { startWallClock } from './wall-clock.js';

/** A call as the gateway saw it: to whom, and when its body had come, by the wall clock. */
export type Arrival = readonly [to: string, atMs: number];

/** A customer's HTTP service in a process of its own; it answers after as many milliseconds as its argument says. */
async function main(answerMs: number): Promise<void> {
  let arrivals: { readonly body: string; readonly atMs: number }[] = [];
  let [awaited, reach]: [number, () => void] = [Infinity, () => undefined];
  const nowMs = startWallClock();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      arrivals.push({ atMs: nowMs(), body: Buffer.concat(chunks).toString() });
      const answer = `{"messageId":"gw-${arrivals.length}"}`;
      const reply = (): void => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
        response.end(answer);
      };
      if (answerMs === 0) reply();
      else setTimeout(reply, answerMs);
      if (arrivals.length >= awaited) reach();
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  answerParent(
    {
      url: () => `http://127.0.0.1:${port}/send`,
      reached: (count: number) => {
        if (arrivals.length >= count) return;
        awaited = count;
        return new Promise<void>((resolve) => (reach = resolve));
      },
      arrivals: (): Arrival[] => {
        const seen = arrivals;
        arrivals = [];
        return seen.map(({ body, atMs }) => [(JSON.parse(body) as { to: string }).to, atMs]);
      },
    },
    () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  );
}

void main(Number(process.argv[2]));
