import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { coalescingSocket } from './coalescing-socket.js';

describe('coalescingSocket', () => {
  let server: Server;
  let sut: Socket;
  let received: Promise<string>;

  beforeEach(async () => {
    server = createServer();
    received = new Promise((resolve) => {
      server.once('connection', (peer) => {
        let text = '';
        peer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        peer.on('end', () => {
          peer.end();
          resolve(text);
        });
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    sut = coalescingSocket();
    sut.connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(sut, 'connect');
  });
  afterEach(async () => {
    sut.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('holds what is written in one turn, and hands it over in its order after it', async () => {
    sut.write('a');
    // As pg does for each statement.
    sut.cork();
    sut.write('b');
    sut.write('c');
    sut.uncork();
    sut.write('d');
    expect(sut.writableLength).toBe(4);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sut.writableCorked).toBe(0);
    expect(sut.bytesWritten).toBe(4);
    sut.end('e');
    expect(await received).toBe('abcde');
  });

  it('holds the next turn anew', async () => {
    for (const text of ['1', '2', '3']) {
      sut.write(text);
      expect(sut.writableCorked).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    sut.end();
    expect(await received).toBe('123');
  });
});
