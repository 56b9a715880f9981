import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, buildSchema, parse, validate } from 'graphql';
import { IDE_TABS } from '../../../src/platform/ide/ide-examples.js';
import { SCHEMA_FILE, schemaText } from '../../../src/schema.js';
import { findGaps } from './find-gaps.js';

const ROOT = join(__dirname, '../../..');
const COMMITTED = join(ROOT, SCHEMA_FILE);
const contract = buildSchema(readFileSync(join(__dirname, 'contract.graphql'), 'utf8'));
const known = readFileSync(join(__dirname, 'gaps.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

describe('schema.graphql', () => {
  it('is what the code says; `npm run schema` writes it', async () => {
    expect(readFileSync(COMMITTED, 'utf8')).toBe(await schemaText());
  });

  const gaps = findGaps(contract, buildSchema(readFileSync(COMMITTED, 'utf8')));

  it('has no hole in the contract that gaps.txt does not name', () => {
    expect(gaps.filter((gap) => !known.includes(gap))).toEqual([]);
  });

  it('has every hole that gaps.txt names: take out what is there now', () => {
    expect(known.filter((line) => !gaps.includes(line))).toEqual([]);
  });
});

describe('the tabs of the IDE', () => {
  it.each(IDE_TABS.map((tab) => [/(?:mutation|subscription) (\w+)/.exec(tab.query)?.[1] ?? tab.query, tab] as const))(
    '%s keeps to the contract and fits its window',
    (_name, { query, variables }) => {
      const document = parse(query);
      expect(validate(contract, document)).toEqual([]);
      expect(Math.max(...query.split('\n').map((line) => line.length))).toBeLessThanOrEqual(56);
      const declared = document.definitions.flatMap((definition) =>
        definition.kind === Kind.OPERATION_DEFINITION
          ? (definition.variableDefinitions ?? []).map(({ variable }) => variable.name.value)
          : [],
      );
      expect(Object.keys(JSON.parse(variables ?? '{}') as object)).toEqual(declared);
    },
  );
});
