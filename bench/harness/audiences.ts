import { importAudience } from '../../test/support/api-client.js';
import { startPontual } from './pontual.js';
import { rowsOf, type BenchPostgres } from './postgres.js';

/** A database with contacts in groups, to be copied for each run: a server that imported them would be measured with it. */
export interface Audiences {
  readonly url: string;
  readonly groupIds: readonly string[];
}

export async function furnishAudiences(
  postgres: BenchPostgres,
  { count, each, small }: { readonly count: number; readonly each: number; readonly small: boolean },
): Promise<Audiences> {
  const url = await postgres.freshDatabase();
  const { api, server } = await startPontual(url, {}, small);
  const groupIds: string[] = [];
  try {
    for (let first = 0; first < count; first += each) {
      groupIds.push(await importAudience(api, `group ${first}`, Math.min(each, count - first), first));
    }
  } finally {
    await server.stop();
  }
  await rowsOf(url, 'VACUUM ANALYZE');
  return { url, groupIds };
}
