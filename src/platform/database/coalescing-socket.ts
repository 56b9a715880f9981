import { Socket } from 'node:net';

/**
 * For a pool's `stream` option: a socket that hands the operating system in one piece what is written in one turn, such as
 * statements that do not wait for each other, and BEGIN with the first statement after it. pg makes a system call for each,
 * which costs more than most of what it sends.
 */
export function coalescingSocket(): Socket {
  const socket = new Socket();
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isHeld = false;
  const held = (...args: unknown[]): boolean => {
    if (!isHeld) {
      isHeld = true;
      socket.cork();
      process.nextTick(() => {
        isHeld = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
  // Later than connect(), which gives a socket its own write() back.
  return socket.once('connect', () => Object.assign(socket, { write: held }));
}
