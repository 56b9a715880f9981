/** What a person is told who acts on another version than the present one; null when there is nothing to tell. */
export function explainVersion(
  { version, status }: { readonly version: number; readonly status: string },
  expectedVersion: number | null,
): string | null {
  if (expectedVersion === null || expectedVersion === version) return null;
  const present = `it is version ${version} now, ${status}.`;
  return expectedVersion < version
    ? `It has changed since version ${expectedVersion}: ${present}`
    : `There is no version ${expectedVersion} of it yet: ${present}`;
}
