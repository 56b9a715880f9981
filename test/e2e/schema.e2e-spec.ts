import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  lexicographicSortSchema,
  printSchema,
  type IntrospectionQuery,
} from 'graphql';
import { startTestApp, type TestApp } from '../support/app.js';

describe('the schema of a running server', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });

  afterAll(() => app.close());

  it('is the committed one', async () => {
    const served = await app.data<IntrospectionQuery>(getIntrospectionQuery());
    const committed = buildSchema(readFileSync(join(__dirname, '../../schema.graphql'), 'utf8'));
    expect(printSchema(lexicographicSortSchema(buildClientSchema(served)))).toBe(
      printSchema(lexicographicSortSchema(committed)),
    );
  });
});
