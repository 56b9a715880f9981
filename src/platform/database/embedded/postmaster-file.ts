import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFileError, undefinedWhenMissing } from './file-errors.js';
import { runProgram } from './programs.js';

/**
 * What PostgreSQL writes to postmaster.pid in its data directory: the process number at once, the port after it is bound,
 * and the status last. Source: PostgreSQL 18, src/include/utils/pidfile.h.
 */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number | undefined;
  readonly status: 'starting' | 'ready' | 'stopping';
}

/**
 * - `alive`: the process runs PostgreSQL on this data directory
 * - `gone`: no such process, or a zombie that nobody has waited for yet
 * - `other`: the number now belongs to another program
 */
export type PostmasterState = 'alive' | 'gone' | 'other';

export function postmasterFilePath(dataDirectory: string): string {
  return join(dataDirectory, 'postmaster.pid');
}

export async function readPostmasterFile(dataDirectory: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(postmasterFilePath(dataDirectory), 'utf8').catch(undefinedWhenMissing);
  return text === undefined ? undefined : parsePostmasterFile(text);
}

/** undefined: PostgreSQL has created the file but not written its number yet. */
export function parsePostmasterFile(text: string): PostmasterFile | undefined {
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const port = Number(lines[3]);
  const word = lines[7]?.trim();
  const status = word === 'ready' || word === 'stopping' ? word : 'starting';
  return { pid, port: Number.isSafeInteger(port) && port > 0 ? port : undefined, status };
}

/** Looks at the process itself: after a crash or a restart of the machine the number in the file can be anybody's. */
export async function postmasterState(pid: number, dataDirectory: string): Promise<PostmasterState> {
  if (process.platform === 'win32') return isRunning(pid) ? 'alive' : 'gone';
  if (process.platform === 'linux') {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch((error: unknown) => {
      // ESRCH: it ended between open and read.
      if (isFileError(error, 'ENOENT', 'ESRCH')) return '';
      throw error;
    });
    // A zombie's command line is empty.
    if (commandLine === '') return 'gone';
    return commandLine.split('\0').includes(dataDirectory) ? 'alive' : 'other';
  }
  const { output } = await runProgram('/bin/ps', ['-p', String(pid), '-o', 'stat=,command='], undefined);
  const row = output.trim();
  if (row === '' || row.startsWith('Z')) return 'gone';
  return row.includes(dataDirectory) ? 'alive' : 'other';
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isFileError(error, 'ESRCH');
  }
}
