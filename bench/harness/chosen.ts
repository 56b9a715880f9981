/** Only the cases that were asked for, by their names or how these begin: `--only=pontual,http`. */
export function chosen<Case extends { readonly name: string }>(
  cases: readonly Case[],
  flags: ReadonlySet<string>,
): { readonly cases: readonly Case[]; readonly isPart: boolean } {
  const only = [...flags]
    .find((flag) => flag.startsWith('--only='))
    ?.slice('--only='.length)
    .split(',');
  if (only === undefined) return { cases, isPart: false };
  const isMeant = (name: string, wanted: string): boolean => name === wanted || name.startsWith(`${wanted} `);
  const unknown = only.filter((wanted) => !cases.some(({ name }) => isMeant(name, wanted)));
  if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(', ')}`);
  return { cases: cases.filter(({ name }) => only.some((wanted) => isMeant(name, wanted))), isPart: true };
}
