import { buildSchema } from 'graphql';
import { findGaps } from './find-gaps.js';

/** What is missing for a client of the one in the schema of the other. */
function gaps(contract: string, schema: string): string[] {
  const query = 'type Query { any: Int }';
  return findGaps(buildSchema(`${query} ${contract}`), buildSchema(`${query} ${schema}`));
}

describe('the gaps between a contract and a schema', () => {
  it.each([
    ['the same', 'type A { a(b: Int = 1): [Int!]! }', 'type A { a(b: Int = 1): [Int!]! }'],
    ['a new type', '', 'type A { a: Int }'],
    ['a new field', 'type A { a: Int }', 'type A { a: Int b: Int }'],
    ['an answer that is never null', 'type A { a: [Int] }', 'type A { a: [Int!]! }'],
    ['a new argument that may be left out', 'type A { a: Int }', 'type A { a(b: Int, c: Int! = 1): Int }'],
    ['an argument that may now be left out', 'type A { a(b: [Int!]!): Int }', 'type A { a(b: [Int]): Int }'],
    ['a default of its own where the contract has none', 'type A { a(b: Int): Int }', 'type A { a(b: Int = 1): Int }'],
    ['a new value', 'enum E { A }', 'enum E { A B }'],
    ['a new input field that may be left out', 'input I { a: Int }', 'input I { a: Int b: Int! = 1 c: Int }'],
    ['an input field that may now be left out', 'input I { a: Int! }', 'input I { a: Int }'],
  ])('are none for %s', (_name, contract, schema) => {
    expect(gaps(contract, schema)).toEqual([]);
  });

  it.each([
    ['a type', 'scalar S', '', ['S is missing']],
    [
      'a type and all its parts',
      'type A { a(b: Int): Int c: Int }',
      '',
      ['A is missing', 'A.a is missing', 'A.a(b:) is missing', 'A.c is missing'],
    ],
    ['an input and its fields', 'input I { a: Int }', '', ['I is missing', 'I.a is missing']],
    ['an enum and its values', 'enum E { A B }', '', ['E is missing', 'E.A is missing', 'E.B is missing']],
    ['a type of another kind', 'type A { a: Int }', 'scalar A', ['A is of another kind', 'A.a is missing']],
    ['a field', 'type A { a: Int b: Int }', 'type A { a: Int }', ['A.b is missing']],
    ['a field of another type', 'type A { a: ID }', 'type A { a: String }', ['A.a is String, not ID']],
    ['an answer that may be null', 'type A { a: Int! }', 'type A { a: Int }', ['A.a is Int, not Int!']],
    ['a list whose members may be null', 'type A { a: [Int!] }', 'type A { a: [Int]! }', ['A.a is [Int]!, not [Int!]']],
    ['one where a list was promised', 'type A { a: [Int] }', 'type A { a: Int }', ['A.a is Int, not [Int]']],
    ['an argument', 'type A { a(b: Int): Int }', 'type A { a: Int }', ['A.a(b:) is missing']],
    [
      'an argument that must be given',
      'type A { a(b: Int): Int }',
      'type A { a(b: Int!): Int }',
      ['A.a(b:) is Int!, not Int'],
    ],
    [
      'an argument of another type',
      'type A { a(b: ID): Int }',
      'type A { a(b: Int): Int }',
      ['A.a(b:) is Int, not ID'],
    ],
    [
      'an argument whose members must not be null',
      'type A { a(b: [Int]): Int }',
      'type A { a(b: [Int!]): Int }',
      ['A.a(b:) is [Int!], not [Int]'],
    ],
    [
      'another default',
      'type A { a(b: Int = 1): Int }',
      'type A { a(b: Int = 2): Int }',
      ['A.a(b:) has another default: 2, not 1'],
    ],
    [
      'no default',
      'input I { a: Boolean = true }',
      'input I { a: Boolean }',
      ['I.a has another default: none, not true'],
    ],
    [
      'a new argument that must be given',
      'type A { a: Int }',
      'type A { a(b: Int!): Int }',
      ['A.a(b:) is required, and the contract does not know it'],
    ],
    [
      'a new input field that must be given',
      'input I { a: Int }',
      'input I { a: Int b: Int! }',
      ['I.b is required, and the contract does not know it'],
    ],
    ['a value', 'enum E { A B }', 'enum E { A }', ['E.B is missing']],
  ])('name %s', (_name, contract, schema, expected) => {
    expect(gaps(contract, schema)).toEqual(expected);
  });
});
