/** A place at the start of a line in a text whose line breaks are LF. It only moves forwards, so it reads the text once. */
export class LineCursor {
  /** The line, from 1. */
  line = 1;
  /** Where it starts, in UTF-16 units; the length of the text after its last line. */
  offset = 0;

  constructor(private readonly text: string) {}

  /** Moves to the start of a line that is not before the present one, or to the end of the text. */
  goTo(line: number): void {
    while (this.line < line) {
      const end = this.text.indexOf('\n', this.offset);
      this.offset = end < 0 ? this.text.length : end + 1;
      this.line += 1;
    }
  }

  /** Moves over lines with nothing but spaces in them. */
  skipBlankLines(): void {
    while (this.offset < this.text.length) {
      const end = this.text.indexOf('\n', this.offset);
      if (end < 0 || this.text.slice(this.offset, end).trim() !== '') return;
      this.goTo(this.line + 1);
    }
  }
}

/** The text with LF for each CR LF and CR, made in pieces between which the event loop turns. */
export async function withLineFeeds(
  text: string,
  turn: () => Promise<unknown>,
  pieceLength = 262_144,
): Promise<string> {
  if (!text.includes('\r')) return text;
  const pieces: string[] = [];
  let from = 0;
  while (from < text.length) {
    let to = from + pieceLength;
    if (text.slice(to - 1, to + 1) === '\r\n') to += 1;
    pieces.push(text.slice(from, to).replace(/\r\n?/g, '\n'));
    from = to;
    await turn();
  }
  return pieces.join('');
}
