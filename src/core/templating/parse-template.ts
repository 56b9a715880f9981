/*
 * The language of message texts:
 *
 *   {nome}             the value of a placeholder; spaces inside the braces do not matter
 *   {cidade|sua área}  the same, with a text for contacts that have no value; "{x|}" writes nothing for them
 *   {{ and }}          one brace as text; a } that closes nothing is text too
 *
 * A name has letters (with or without accents), digits and underscores; case does not matter, accents do. Anything else
 * between braces, and a brace that nothing closes before the next one opens or the text ends, is malformed: most likely
 * a slip in a placeholder that would otherwise reach people as "{nome, tudo bem". It is reported when a message is
 * saved, and it never renders.
 */

/** Why a brace could not be read: nothing closes it, nothing stands inside, or what stands inside is no name. */
export type TemplateProblem = 'unclosed' | 'empty' | 'badName';

/** A piece of a parsed text. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'placeholder';
      /** The name as {@link placeholderKey} makes it. */
      readonly name: string;
      /** The text for an empty value, exactly as written, possibly empty; null when none is given. */
      readonly fallback: string | null;
    }
  | {
      readonly kind: 'malformed';
      /** What was written, braces included; a lone "{" when nothing closes it. */
      readonly written: string;
      readonly problem: TemplateProblem;
      /** Where it starts, in UTF-16 units from 0. */
      readonly position: number;
    };

/** A {@link TemplateNode} that could not be read. */
export type MalformedNode = Extract<TemplateNode, { readonly kind: 'malformed' }>;

/** A message's text, parsed: its pieces in order. */
export type Template = readonly TemplateNode[];

const NAME = /^[\p{L}\p{M}\p{N}_]+$/u;
const NOT_OF_A_NAME = /[^\p{L}\p{M}\p{N}_]+/gu;
const OUTSIDE_OF_A_NAME = /^[^\p{L}\p{M}\p{N}_]+|[^\p{L}\p{M}\p{N}_]+$/gu;
const BRACE = /[{}]/g;

/**
 * One spelling for all spellings of a placeholder's name: lower case, composed accents, and an underscore for each run of
 * other characters, so that an attribute "Data de nascimento" is read by {data_de_nascimento}. Empty when nothing of the
 * text can stand in a name.
 */
export function placeholderKey(name: string): string {
  return name.normalize('NFC').toLowerCase().replace(OUTSIDE_OF_A_NAME, '').replace(NOT_OF_A_NAME, '_');
}

/** Reads a text. Every text has a reading, so this never throws; what could not be read is a malformed node. */
export function parseTemplate(source: string): Template {
  const nodes: TemplateNode[] = [];
  let text = '';
  const flush = () => {
    if (text !== '') nodes.push({ kind: 'text', text });
    text = '';
  };
  let position = 0;
  while (position < source.length) {
    const brace = nextBrace(source, position);
    text += source.slice(position, brace);
    if (brace === source.length) break;
    const isDoubled = source[brace + 1] === source[brace];
    if (isDoubled || source[brace] === '}') {
      text += source[brace];
      position = brace + (isDoubled ? 2 : 1);
      continue;
    }
    flush();
    const end = nextBrace(source, brace + 1);
    if (source[end] === '}') {
      nodes.push(readPlaceholder(source.slice(brace + 1, end), brace));
      position = end + 1;
    } else {
      nodes.push({ kind: 'malformed', written: '{', problem: 'unclosed', position: brace });
      position = brace + 1;
    }
  }
  flush();
  return nodes;
}

/** The names of all placeholders of a template, each once, in the order in which they first appear. */
export function listPlaceholders(template: Template): readonly string[] {
  return [...new Set(template.flatMap((node) => (node.kind === 'placeholder' ? [node.name] : [])))];
}

/** What a person has to correct before a text can be saved; empty for a sound text. */
export function listProblems(template: Template): readonly MalformedNode[] {
  return template.filter((node) => node.kind === 'malformed');
}

/** The position of the next brace from `from` on, or the length of the text. */
function nextBrace(source: string, from: number): number {
  BRACE.lastIndex = from;
  return BRACE.exec(source)?.index ?? source.length;
}

function readPlaceholder(inside: string, position: number): TemplateNode {
  const bar = inside.indexOf('|');
  const name = (bar < 0 ? inside : inside.slice(0, bar)).trim();
  if (NAME.test(name)) {
    return { kind: 'placeholder', name: placeholderKey(name), fallback: bar < 0 ? null : inside.slice(bar + 1) };
  }
  return { kind: 'malformed', written: `{${inside}}`, problem: name === '' ? 'empty' : 'badName', position };
}

/** A text that reads as exactly this one: every brace of it is text. */
export function escapeTemplate(text: string): string {
  return text.replace(BRACE, '$&$&');
}
