/**
 * A function of a text that remembers what it made of the last texts, at most about `most` of them: for work that is done
 * for one delivery after another with the same text. What it makes must not be changed.
 */
export function remembered<T>(make: (text: string) => T, most: number): (text: string) => T {
  let recent = new Map<string, T>();
  let older = new Map<string, T>();
  return (text) => {
    const known = recent.get(text);
    if (known !== undefined) return known;
    const made = older.get(text) ?? make(text);
    // Half of them at a time is cheaper than to know which was used last.
    if (recent.size >= most / 2) {
      older = recent;
      recent = new Map();
    }
    recent.set(text, made);
    return made;
  };
}
