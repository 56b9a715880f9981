import { rowsOf } from './postgres.js';

let made = 0;

/** A copy of a database that nobody is connected to; returns its URL. */
export async function cloneOf(url: string): Promise<string> {
  made += 1;
  const name = `bench_clone_${made}`;
  const maintenance = Object.assign(new URL(url), { pathname: '/postgres' }).href;
  // Files are copied: by way of the log a gigabyte would take many times as long.
  await rowsOf(maintenance, `CREATE DATABASE ${name} TEMPLATE ${new URL(url).pathname.slice(1)} STRATEGY file_copy`);
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
