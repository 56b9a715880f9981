import { placeholderKey } from '../../../../core/templating/parse-template.js';
import { err, ok, type Result } from '../../../../core/values/result.js';
import { CONTACT_LIMITS } from './parsed-contact.js';

/** The fields of a contact that a column can fill. */
export type ContactField = 'name' | 'phone' | 'email' | 'city' | 'nickname' | 'groups' | 'timeZone';

/** What a column fills: a field, or the attribute with this key. */
export type Column =
  { readonly kind: 'field'; readonly field: ContactField } | { readonly kind: 'attribute'; readonly key: string };

/** What is wrong with a header; `rule` and `message` as in a violation. */
export interface HeaderProblem {
  readonly rule: string;
  readonly message: string;
}

const MAX_COLUMNS = 100;
/** No header that is accepted is longer; a text without line breaks is not searched any further. */
const MAX_HEADER_LENGTH = 65_536;

/** The names of the contract, in English and Portuguese. */
const NAMES: ReadonlyMap<string, ContactField> = fieldNames({
  name: 'name',
  nome: 'name',
  phone: 'phone',
  telefone: 'phone',
  email: 'email',
  e_mail: 'email',
  city: 'city',
  cidade: 'city',
  nickname: 'nickname',
  apelido: 'nickname',
  groups: 'groups',
  grupos: 'groups',
  group: 'groups',
  grupo: 'groups',
  time_zone: 'timeZone',
  timezone: 'timeZone',
  fuso_horario: 'timeZone',
  fuso: 'timeZone',
});

/** Other usual names. They count when no column has the contract's name; otherwise the column is an attribute. */
const OTHER_NAMES: ReadonlyMap<string, ContactField> = fieldNames({
  full_name: 'name',
  nome_completo: 'name',
  celular: 'phone',
  whatsapp: 'phone',
  mobile: 'phone',
  fone: 'phone',
  tel: 'phone',
  phone_number: 'phone',
  municipio: 'city',
});

/** The separator of a file: the one of , and ; that is more frequent in its first line outside quotes; , when neither is. */
export function detectDelimiter(content: string): ',' | ';' {
  let commas = 0;
  let semicolons = 0;
  let isQuoted = false;
  for (const character of headerLine(content)) {
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === ',') commas += 1;
    else if (!isQuoted && character === ';') semicolons += 1;
  }
  return semicolons > commas ? ';' : ',';
}

/**
 * What each column of a header fills, or all that is wrong with it. Case, accents, spaces and hyphens do not matter.
 * Columns without a name at the end of the line do not exist.
 */
export function readHeader(cells: readonly string[]): Result<readonly Column[], readonly HeaderProblem[]> {
  const headers = cells.slice(0, cells.findLastIndex((cell) => cell.trim() !== '') + 1).map((cell) => cell.trim());
  const taken = new Set(headers.flatMap((header) => NAMES.get(columnName(header)) ?? []));
  const columns = headers.map((header): Column => {
    const name = columnName(header);
    const other = OTHER_NAMES.get(name);
    const field = NAMES.get(name) ?? (other !== undefined && !taken.has(other) ? other : undefined);
    if (field === undefined) return { kind: 'attribute', key: header };
    taken.add(field);
    return { kind: 'field', field };
  });
  const problems = [...findColumnProblems(headers), ...findRepetitions(columns, headers)];
  if (!columns.some((column) => column.kind === 'field' && column.field === 'name')) {
    problems.push({
      rule: 'csv.noNameColumn',
      message: 'the first line must name the columns, and one of them must be "name" or "nome"',
    });
  }
  return problems.length > 0 ? err(problems) : ok(columns);
}

function findColumnProblems(headers: readonly string[]): HeaderProblem[] {
  const problems: HeaderProblem[] = [];
  if (headers.length > MAX_COLUMNS) {
    problems.push({ rule: 'csv.tooManyColumns', message: `has more than ${MAX_COLUMNS} columns` });
  }
  headers.forEach((header, index) => {
    if (header === '') {
      problems.push({ rule: 'csv.unnamedColumn', message: `column ${index + 1} has no name in the first line` });
    } else if (header.length > CONTACT_LIMITS.attributeKey) {
      const message = `the name of column ${index + 1} has more than ${CONTACT_LIMITS.attributeKey} characters`;
      problems.push({ rule: 'csv.columnNameTooLong', message });
    }
  });
  return problems;
}

function findRepetitions(columns: readonly Column[], headers: readonly string[]): HeaderProblem[] {
  const first = new Map<string, string>();
  return columns.flatMap((column, index) => {
    const header = headers[index] ?? '';
    const key = column.kind === 'field' ? `field ${column.field}` : `attribute ${placeholderKey(column.key)}`;
    const earlier = first.get(key);
    first.set(key, earlier ?? header);
    if (earlier === undefined || header === '') return [];
    return [{ rule: 'csv.duplicateColumn', message: `the columns "${earlier}" and "${header}" mean the same` }];
  });
}

/** A map, because a column may be called "constructor". */
function fieldNames(names: Readonly<Record<string, ContactField>>): ReadonlyMap<string, ContactField> {
  return new Map(Object.entries(names));
}

function columnName(header: string): string {
  return placeholderKey(header.normalize('NFD').replace(/\p{M}/gu, ''));
}

function headerLine(content: string): string {
  const start = content.search(/\S/);
  if (start < 0) return '';
  const line = content.slice(start, start + MAX_HEADER_LENGTH);
  const length = line.search(/[\r\n]/);
  return length < 0 ? line : line.slice(0, length);
}
