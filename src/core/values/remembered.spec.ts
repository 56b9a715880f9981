import { remembered } from './remembered.js';

function counted(most: number) {
  const made: string[] = [];
  const sut = remembered((text) => {
    made.push(text);
    return { text };
  }, most);
  return { sut, made };
}

describe('what a function remembers', () => {
  it('is made once, and is the same each time', () => {
    const { sut, made } = counted(10);
    expect([sut('a'), sut('b'), sut('a')].map(({ text }) => text)).toEqual(['a', 'b', 'a']);
    expect(sut('a')).toBe(sut('a'));
    expect(made).toEqual(['a', 'b']);
  });

  it('is no more than so many: what has not been used for long is made again', () => {
    const { sut, made } = counted(4);
    for (const text of ['a', 'b', 'c', 'a', 'd', 'e', 'a', 'f']) sut(text);
    expect(made).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    sut('b');
    expect(made.at(-1)).toBe('b');
  });
});
