import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { SecretBox } from './secret-box.js';

const setup = () => ({ sut: new SecretBox(randomBytes(32)) });

describe('SecretBox', () => {
  it('opens what it sealed, whatever the text', () => {
    const { sut } = setup();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plain, aad) => {
        expect(sut.open(sut.seal(plain, aad), aad)).toBe(plain);
      }),
    );
  });

  it('seals the same text differently each time and shows nothing of it', () => {
    const { sut } = setup();
    const first = sut.seal('token-of-the-provider', 'row');
    expect(first.equals(sut.seal('token-of-the-provider', 'row'))).toBe(false);
    expect(first.toString('latin1')).not.toContain('token');
  });

  it('refuses a value with any one bit changed', () => {
    const { sut } = setup();
    const sealed = sut.seal('token', 'row');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const altered = Buffer.from(sealed);
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => sut.open(altered, 'row')).toThrow();
    }
  });

  it('refuses a value that was moved to another row', () => {
    const { sut } = setup();
    expect(() => sut.open(sut.seal('token', 'tenant-a:row'), 'tenant-b:row')).toThrow(/belongs to another row/);
  });

  it('says so when another key sealed the value', () => {
    const sealed = setup().sut.seal('token', 'row');
    expect(() => setup().sut.open(sealed, 'row')).toThrow(/same ENCRYPTION_KEY/);
  });

  it('refuses a value that is too short or of another version', () => {
    const { sut } = setup();
    expect(() => sut.open(Buffer.alloc(0), 'row')).toThrow(/damaged/);
    expect(() => sut.open(Buffer.concat([Buffer.of(2), sut.seal('token', 'row').subarray(1)]), 'row')).toThrow(/newer/);
  });

  it('refuses a key of the wrong length', () => {
    expect(() => new SecretBox(randomBytes(16))).toThrow(/32 bytes/);
  });
});
