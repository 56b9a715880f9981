import { open, rename, stat, type FileHandle } from 'node:fs/promises';
import { undefinedWhenMissing } from './file-errors.js';
import { giveToOwnerOf } from './placement.js';
import type { Cluster } from './types.js';

const MAX_BYTES = 10 * 1024 * 1024;
const TAIL_BYTES = 4_096;

/** The log opened for the server to append to, and what the server has written since. */
export interface ServerLog {
  readonly handle: FileHandle;
  /** The last few kilobytes that were written after the log was opened. */
  tail(): Promise<string>;
}

/** Opens the server's log; one that has grown beyond 10 MB is put aside first, in place of the one put aside before. */
export async function openServerLog(cluster: Cluster): Promise<ServerLog> {
  const path = cluster.logFile;
  const size = (await stat(path).catch(undefinedWhenMissing))?.size;
  if (size !== undefined && size > MAX_BYTES) await rename(path, `${path}.1`);
  const handle = await open(path, 'a', 0o600);
  await giveToOwnerOf(cluster.home, path);
  const start = (await handle.stat()).size;
  return { handle, tail: () => readTail(path, start) };
}

async function readTail(path: string, start: number): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const from = Math.max(start, size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(TAIL_BYTES), position: from });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
