// node scripts/contract-gaps.mjs [--write]
// Prints what schema.graphql lacks of the published contract, or writes it to the list that the tests compare with.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { buildSchema } from 'graphql';
import ts from 'typescript';
import { inRoot } from './project.mjs';

const HEADING = `# What schema.graphql still lacks of contract.graphql. Lines only ever go: what is built is taken out.
# node scripts/contract-gaps.mjs --write
`;

const read = (...parts) => readFileSync(inRoot(...parts), 'utf8');
const { findGaps } = load('test', 'contract', 'schema', 'find-gaps.ts');
const gaps = findGaps(
  buildSchema(read('test', 'contract', 'schema', 'contract.graphql')),
  buildSchema(read('schema.graphql')),
);
const lines = gaps.map((gap) => `${gap}\n`).join('');
if (process.argv.includes('--write')) writeFileSync(inRoot('test', 'contract', 'schema', 'gaps.txt'), HEADING + lines);
else process.stdout.write(lines);

/** The check is TypeScript, and imports nothing but graphql. */
function load(...parts) {
  const { outputText } = ts.transpileModule(read(...parts), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const module = { exports: {} };
  new Function('module', 'exports', 'require', outputText)(module, module.exports, createRequire(import.meta.url));
  return module.exports;
}
