import { spawn } from 'node:child_process';
import type { RunUser } from './types.js';

/** Fixed, so that messages are in English and the caller's PG* variables have no say. */
export const PROGRAM_ENVIRONMENT = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' } as const;

/** How a program ended: its exit code (or -1 when a signal ended it) and what it printed on both streams. */
export interface ProgramResult {
  readonly code: number;
  readonly output: string;
}

/** The part of the spawn options that says whom to run as; Node wants signed numbers here (nobody is -2 on macOS). */
export function spawnIdentity(user: RunUser | undefined): { uid: number; gid: number } | Record<string, never> {
  return user === undefined ? {} : { uid: user.uid | 0, gid: user.gid | 0 };
}

/** Runs a program to its end. Rejects only when it could not be started at all (missing, not executable, uid refused). */
export function runProgram(path: string, args: readonly string[], user: RunUser | undefined): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      // The current directory may be one that the user cannot enter.
      cwd: '/',
      env: PROGRAM_ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...spawnIdentity(user),
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
  });
}
