import { parsePostmasterFile } from './postmaster-file.js';

const LINES = ['4711', '/data/postgres', '1763683200', '54321', '', '127.0.0.1', ' 12345 98304', 'ready   '];

describe('postmaster.pid', () => {
  it('tells the process, its port and that it takes connections', () => {
    expect(parsePostmasterFile(`${LINES.join('\n')}\n`)).toEqual({ pid: 4711, port: 54321, status: 'ready' });
  });

  it('says stopping while the server stops', () => {
    expect(parsePostmasterFile([...LINES.slice(0, 7), 'stopping'].join('\n'))?.status).toBe('stopping');
  });

  it.each([1, 2, 3, 4, 5, 6, 7])('counts as starting while only %d of its lines are written', (count) => {
    expect(parsePostmasterFile(LINES.slice(0, count).join('\n'))).toEqual({
      pid: 4711,
      port: count >= 4 ? 54321 : undefined,
      status: 'starting',
    });
  });

  it.each(['', '\n', 'x\n', '-5\n', '0\n'])('is not there yet while it holds %j', (text) => {
    expect(parsePostmasterFile(text)).toBeUndefined();
  });
});
