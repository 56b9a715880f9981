/** Only the cases that were asked for: `--only=pontual,http`. */
export function chosen<Case extends { readonly name: string }>(
  cases: readonly Case[],
  flags: ReadonlySet<string>,
): { readonly cases: readonly Case[]; readonly isPart: boolean } {
  const only = [...flags]
    .find((flag) => flag.startsWith('--only='))
    ?.slice('--only='.length)
    .split(',');
  if (only === undefined) return { cases, isPart: false };
  const unknown = only.filter((name) => !cases.some((contender) => contender.name === name));
  if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(', ')}`);
  return { cases: cases.filter(({ name }) => only.includes(name)), isPart: true };
}
