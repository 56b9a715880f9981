/** Whether an error is the file system's or the kernel's answer with one of these codes (`ENOENT`, `EACCES` …). */
export function isFileError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

/** For `.catch`: the file is not there → undefined; any other failure stays one. */
export function undefinedWhenMissing(error: unknown): undefined {
  if (isFileError(error, 'ENOENT')) return undefined;
  throw error;
}
