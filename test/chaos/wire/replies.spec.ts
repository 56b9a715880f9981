import { MessageReader } from './message-reader.js';
import { Replies, type ReplyPlace } from './replies.js';

const framed = (type: string, ...parts: (string | number)[]): Buffer => {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : Buffer.from([part]))),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const ready = (status: 'I' | 'T' | 'E'): Buffer => framed('Z', status.charCodeAt(0));
const done = (tag: string): Buffer => framed('C', tag);

describe('MessageReader', () => {
  const startup = Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]);

  it('finds the same messages however the bytes are cut', () => {
    const bytes = Buffer.concat([startup, framed('Q', 'select 1'), framed('X')]);
    for (let size = 1; size <= bytes.length; size += 1) {
      const reader = new MessageReader(true);
      const types: string[] = [];
      for (let at = 0; at < bytes.length; at += size)
        types.push(...reader.push(bytes.subarray(at, at + size)).map((message) => message.type));
      expect(types).toEqual(['', 'Q', 'X']);
    }
  });
});

describe('Replies', () => {
  const setup = () => {
    const replies = new Replies();
    const fromClient = (bytes: Buffer): void =>
      new MessageReader(false).push(bytes).forEach((message) => replies.fromClient(message));
    const fromServer = (bytes: Buffer): ReplyPlace[] =>
      new MessageReader(false).push(bytes).map((message) => replies.fromServer(message));
    fromServer(ready('I'));
    return { fromClient, fromServer };
  };

  it('know a COMMIT by its reply, and that it committed', () => {
    const { fromClient, fromServer } = setup();
    fromClient(framed('Q', 'BEGIN'));
    fromServer(Buffer.concat([done('BEGIN'), ready('T')]));
    fromClient(framed('Q', 'COMMIT'));
    const [tag, end] = fromServer(Buffer.concat([done('COMMIT'), ready('I')]));
    expect(tag).toEqual({ kind: 'commit', ends: false, isCommitted: false });
    expect(end).toEqual({ kind: 'commit', ends: true, isCommitted: true });
  });

  it('know that COMMIT of a failed transaction commits nothing', () => {
    const { fromClient, fromServer } = setup();
    fromClient(framed('Q', 'COMMIT'));
    expect(fromServer(Buffer.concat([done('ROLLBACK'), ready('I')])).at(-1)?.isCommitted).toBe(false);
  });

  it('tell pipelined units apart, in their order', () => {
    const { fromClient, fromServer } = setup();
    fromClient(
      Buffer.concat([framed('Q', 'BEGIN'), framed('P', 'w', 'UPDATE a SET b = 1'), framed('B', '', 'w'), framed('S')]),
    );
    fromClient(framed('Q', 'COMMIT'));
    const places = fromServer(
      Buffer.concat([done('BEGIN'), ready('T'), done('UPDATE 1'), ready('T'), done('COMMIT'), ready('I')]),
    );
    expect(places.map((place) => place.kind)).toEqual(['other', 'other', 'write', 'write', 'commit', 'commit']);
    // Within a transaction the statement itself commits nothing.
    expect(places.map((place) => place.isCommitted)).toEqual([false, false, false, false, false, true]);
  });

  it('know that a writing statement outside of a transaction has committed, also one that was prepared long before', () => {
    const { fromClient, fromServer } = setup();
    const text = 'WITH gone AS (DELETE FROM a RETURNING *) SELECT 1';
    fromClient(Buffer.concat([framed('P', 'd', text), framed('B', '', 'd'), framed('S')]));
    expect(fromServer(Buffer.concat([done('SELECT 1'), ready('I')])).at(-1)?.isCommitted).toBe(true);
    fromClient(Buffer.concat([framed('B', '', 'd'), framed('S')]));
    expect(fromServer(Buffer.concat([done('SELECT 1'), ready('I')])).at(-1)?.isCommitted).toBe(true);
  });

  it('take no reading statement for a writing one, and no failed one for a success', () => {
    const { fromClient, fromServer } = setup();
    fromClient(framed('Q', 'SELECT 1 FROM a FOR UPDATE SKIP LOCKED'));
    expect(fromServer(Buffer.concat([done('SELECT 1'), ready('I')])).at(-1)).toMatchObject({
      kind: 'other',
      isCommitted: false,
    });
    fromClient(framed('Q', 'INSERT INTO a VALUES (1)'));
    expect(fromServer(Buffer.concat([framed('E', 0), ready('I')])).at(-1)?.isCommitted).toBe(false);
  });
});
