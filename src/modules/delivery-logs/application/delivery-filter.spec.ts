import { toCriteria } from './delivery-filter.js';

const ID = '0190a1b2-0000-7000-8000-0000000000AB';

describe('toCriteria', () => {
  it('restricts nothing for absent, null and blank fields', () => {
    expect(toCriteria({})).toEqual({});
    expect(toCriteria({ scheduleId: null, statuses: null, search: '   ', dueFrom: null, isTest: null })).toEqual({});
  });

  it('takes false for a wish, not for nothing', () => {
    expect(toCriteria({ isTest: false })).toEqual({ isTest: false });
  });

  it('can match nothing when an id is none or no status is asked for', () => {
    expect(toCriteria({ contactId: 'somebody' })).toBeNull();
    expect(toCriteria({ statuses: [] })).toBeNull();
  });

  it('reads ids in either case', () => {
    expect(toCriteria({ runId: ID })).toEqual({ runId: ID.toLowerCase() });
  });

  it('searches contacts without accents, texts as they are written, and wildcards as ordinary characters', () => {
    expect(toCriteria({ search: ' São 100% ' })?.search).toEqual({
      contactPatterns: ['%sao 100\\%%'],
      textPattern: '%São 100\\%%',
    });
  });

  it('searches numbers however they are punctuated', () => {
    expect(toCriteria({ search: '(65) 98123-4567' })?.search?.contactPatterns).toEqual([
      '%(65) 98123-4567%',
      '%65981234567%',
    ]);
  });
});
