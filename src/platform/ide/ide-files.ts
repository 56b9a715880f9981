import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { IDE_SCRIPT, IDE_STYLE } from './ide-script.js';

/** A file of the page. */
export interface IdeFile {
  readonly type: string;
  readonly gzipped: Buffer;
}

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';
const here = createRequire(__filename);

/** GraphiQL and its editor as texts; a module inside the package, so the package's version is pinned. */
const GRAPHIQL = '@graphql-yoga/render-graphiql/graphiql';
type GraphiqlPart = 'js' | 'css' | 'editorWorkerService' | 'jsonWorker' | 'graphqlWorker';

/** Changes with anything that the page is made of, so that browsers may keep each file for ever. */
export const IDE_VERSION = createHash('sha256')
  .update(JSON.stringify(['@graphql-yoga/render-graphiql', 'graphql-ws'].map(versionOf)))
  .update(IDE_SCRIPT + IDE_STYLE)
  .digest('hex')
  .slice(0, 12);

let files: Promise<ReadonlyMap<string, IdeFile>> | undefined;

/** The page's files by name, read when somebody opens the page for the first time; 2.4 MB of them stay. */
export function ideFiles(): Promise<ReadonlyMap<string, IdeFile>> {
  files ??= readFiles().catch((error: unknown) => {
    files = undefined;
    throw error;
  });
  return files;
}

async function readFiles(): Promise<ReadonlyMap<string, IdeFile>> {
  const graphiql = here(GRAPHIQL) as Record<GraphiqlPart, string>;
  // 9 MB of text that nobody needs again once it is packed.
  delete here.cache[here.resolve(GRAPHIQL)];
  const sources: readonly (readonly [name: string, type: string, text: string])[] = [
    ['graphiql.js', SCRIPT, graphiql.js],
    ['graphiql.css', STYLE, graphiql.css],
    // Named by what the editor calls its workers.
    ['editorWorkerService.worker.js', SCRIPT, graphiql.editorWorkerService],
    ['json.worker.js', SCRIPT, graphiql.jsonWorker],
    ['graphql.worker.js', SCRIPT, graphiql.graphqlWorker],
    [
      'graphql-ws.js',
      SCRIPT,
      await readFile(join(dirname(here.resolve('graphql-ws/package.json')), 'umd', 'graphql-ws.min.js'), 'utf8'),
    ],
    ['ide.js', SCRIPT, IDE_SCRIPT],
    ['ide.css', STYLE, IDE_STYLE],
  ];
  const packed = sources.map(
    async ([name, type, text]) => [name, { type, gzipped: await promisify(gzip)(text) }] as const,
  );
  return new Map(await Promise.all(packed));
}

function versionOf(name: string): string {
  return (here(`${name}/package.json`) as { version: string }).version;
}
