import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Clock } from '../../../platform/clock/clock.js';
import { SharedReader } from './shared-reader.js';

class ManualClock extends Clock {
  ms = 0;
  nowMs(): number {
    return this.ms;
  }
  monotonicMs(): number {
    return this.ms;
  }
}

const A: TenantScope = { tenantId: 'a', actor: 'x' };
const B: TenantScope = { tenantId: 'b', actor: 'x' };

function setup() {
  const clock = new ManualClock();
  const asked: string[] = [];
  const stored = { version: 1 };
  const readMany = (scope: TenantScope, ids: readonly string[]): Promise<Map<string, string>> => {
    asked.push(`${scope.tenantId}:${ids.join(',')}`);
    return Promise.resolve(
      new Map(ids.filter((id) => id !== 'gone').map((id) => [id, `${scope.tenantId}-${id}-${stored.version}`])),
    );
  };
  return { sut: new SharedReader(readMany, 1_000, clock), asked, clock, stored };
}

describe('a shared reader', () => {
  it('reads what is wanted in one turn with one statement a tenant', async () => {
    const { sut, asked } = setup();
    const [one, two, other] = await Promise.all([sut.read(A, ['1', '2']), sut.read(A, ['2', '3']), sut.read(B, ['1'])]);
    expect(asked).toEqual(['a:1,2,3', 'b:1']);
    expect([...one.values()]).toEqual(['a-1-1', 'a-2-1']);
    expect([...two.values()]).toEqual(['a-2-1', 'a-3-1']);
    expect([...other.values()]).toEqual(['b-1-1']);
  });

  it('keeps a row for a moment, for its own tenant', async () => {
    const { sut, asked, clock, stored } = setup();
    await sut.read(A, ['1']);
    stored.version = 2;
    expect((await sut.read(A, ['1'])).get('1')).toBe('a-1-1');
    expect((await sut.read(B, ['1'])).get('1')).toBe('b-1-2');
    clock.ms = 1_001;
    expect((await sut.read(A, ['1'])).get('1')).toBe('a-1-2');
    expect(asked).toEqual(['a:1', 'b:1', 'a:1']);
  });

  it('reads a row again that is not fresh enough', async () => {
    const { sut, stored } = setup();
    await sut.read(A, ['1']);
    stored.version = 2;
    expect((await sut.read(A, ['1'], (row) => row.endsWith('-2'))).get('1')).toBe('a-1-2');
  });

  it('leaves out what does not exist, and asks for it again', async () => {
    const { sut, asked } = setup();
    expect((await sut.read(A, ['gone'])).size).toBe(0);
    await sut.read(A, ['gone']);
    expect(asked).toHaveLength(2);
  });

  it('fails for all who asked when the database does, and reads again for the next', async () => {
    let fails = true;
    const sut = new SharedReader(
      () => (fails ? Promise.reject(new Error('away')) : Promise.resolve(new Map([['1', 'row']]))),
      1_000,
      new ManualClock(),
    );
    const both = await Promise.allSettled([sut.read(A, ['1']), sut.read(A, ['1'])]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails = false;
    expect((await sut.read(A, ['1'])).get('1')).toBe('row');
  });
});
