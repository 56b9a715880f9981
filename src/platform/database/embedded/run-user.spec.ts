import { parsePasswd } from './run-user.js';

describe('passwd file', () => {
  it('gives users by name, and leaves out what is no entry', () => {
    const users = parsePasswd(
      '# comment\nroot:x:0:0:root:/root:/bin/sh\n\n+::::::\npostgres:x:101:104::/var/lib/postgresql:/bin/sh\n',
    );
    expect([...users]).toEqual([
      ['root', { uid: 0, gid: 0 }],
      ['postgres', { uid: 101, gid: 104 }],
    ]);
  });

  it('reads the negative numbers of macOS as the file system shows them', () => {
    expect(parsePasswd('nobody:*:-2:-2:Nobody:/var/empty:/usr/bin/false').get('nobody')).toEqual({
      uid: 4294967294,
      gid: 4294967294,
    });
  });
});
