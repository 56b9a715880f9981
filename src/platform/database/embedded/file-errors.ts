/** Whether an error is the file system's or the kernel's answer with one of these codes (`ENOENT`, `EACCES` …). */
export function isFileError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  // By its shape: under jest Node's own errors are instances of another realm's Error.
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    codes.includes(error.code)
  );
}

/** For `.catch`: the file is not there → undefined; any other failure stays one. */
export function undefinedWhenMissing(error: unknown): undefined {
  if (isFileError(error, 'ENOENT')) return undefined;
  throw error;
}
