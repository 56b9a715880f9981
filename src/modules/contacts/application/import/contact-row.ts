import { isEmail } from 'class-validator';
import { parseTimeZone } from '../../../../core/recurrence/time-zone.js';
import { err, ok, type Result } from '../../../../core/values/result.js';
import { describePhoneProblem, parsePhone, phoneMatchKey } from '../../../../platform/phone/phone-number.js';
import type { Column, ContactField } from './csv-header.js';
import { CONTACT_LIMITS, type ParsedContact } from './parsed-contact.js';

/** Longest piece of a cell that a reason repeats. */
const MAX_QUOTED = 40;

/** Characters that no list means and that PostgreSQL or a phone cannot take. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/**
 * Reads one record of a file, or says all that is wrong with it; null when nothing stands in it.
 *
 * Every contact needs a name; phone and e-mail may be missing. A record may have empty cells more than the header, as
 * spreadsheets write them, and otherwise must have as many.
 */
export function readContact(
  cells: readonly string[],
  columns: readonly Column[],
  line: number,
  defaultCountry: string,
): Result<ParsedContact, string> | null {
  if (cells.every((cell) => cell.trim() === '')) return null;
  const shape = findShapeProblem(cells, columns.length);
  if (shape !== null) return err(shape);
  const broken = findBrokenText(cells);
  if (broken !== null) return err(broken);
  return new ContactRow(cells, columns, line, defaultCountry).read();
}

function findShapeProblem(cells: readonly string[], columnCount: number): string | null {
  const count = cells.findLastIndex((cell, index) => index < columnCount || cell.trim() !== '') + 1;
  if (count === columnCount) return null;
  const hint = count > columnCount ? '; a field that contains the separator must stand in quotes' : '';
  return `has ${count} fields where the first line names ${columnCount}${hint}`;
}

function findBrokenText(cells: readonly string[]): string | null {
  if (cells.some((cell) => cell.includes('\ufffd'))) return 'has a character that is not UTF-8; save the file as UTF-8';
  return cells.some((cell) => CONTROL.test(cell)) ? 'has a control character' : null;
}

class ContactRow {
  private readonly problems: string[] = [];

  constructor(
    private readonly cells: readonly string[],
    private readonly columns: readonly Column[],
    private readonly line: number,
    private readonly defaultCountry: string,
  ) {}

  read(): Result<ParsedContact, string> {
    const name = this.text('name', CONTACT_LIMITS.name);
    if (name === null) this.problems.push('the name is missing');
    const phone = this.phone();
    const contact: ParsedContact = {
      line: this.line,
      name: name ?? '',
      phone,
      phoneKey: phone === null ? null : phoneMatchKey(phone),
      email: this.email(),
      city: this.text('city', CONTACT_LIMITS.city),
      nickname: this.text('nickname', CONTACT_LIMITS.nickname),
      groups: this.groups(),
      timeZone: this.timeZone(),
      attributes: this.attributes(),
    };
    return this.problems.length === 0 ? ok(contact) : err(this.problems.join('; '));
  }

  /** The cell of a field on one line, or null when it is empty or there is no such column. */
  private cell(field: ContactField): string | null {
    const index = this.columns.findIndex((column) => column.kind === 'field' && column.field === field);
    return oneLine(this.cells[index] ?? '') || null;
  }

  private text(field: ContactField, maxLength: number): string | null {
    const text = this.cell(field);
    if (text !== null) this.checkLength(text, field, maxLength);
    return text;
  }

  private phone(): string | null {
    const text = this.cell('phone');
    if (text === null) return null;
    const parsed = parsePhone(text, this.defaultCountry);
    if (parsed.ok) return parsed.value.e164;
    this.problems.push(`phone ${quoted(text)} ${describePhoneProblem(parsed.error)}`);
    return null;
  }

  private email(): string | null {
    const text = this.cell('email');
    if (text !== null && !(text.length <= CONTACT_LIMITS.email && isEmail(text))) {
      this.problems.push(`email ${quoted(text)} is not an e-mail address`);
    }
    return text;
  }

  private timeZone(): string | null {
    const text = this.cell('timeZone');
    if (text === null) return null;
    const parsed = parseTimeZone(text);
    if (parsed.ok) return parsed.value;
    this.problems.push(`time_zone ${quoted(text)} is not an IANA time zone such as America/Cuiaba`);
    return null;
  }

  private groups(): readonly string[] {
    const names = new Map<string, string>();
    for (const part of (this.cell('groups') ?? '').split(';')) {
      const name = part.trim();
      if (name === '' || names.has(name.toLowerCase())) continue;
      this.checkLength(name, 'group', CONTACT_LIMITS.groupName);
      names.set(name.toLowerCase(), name);
    }
    return [...names.values()];
  }

  private attributes(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.columns.flatMap((column, index) => {
        const value = this.cells[index]?.trim() ?? '';
        if (column.kind !== 'attribute' || value === '') return [];
        this.checkLength(value, column.key, CONTACT_LIMITS.attributeValue);
        return [[column.key, value] as const];
      }),
    );
  }

  private checkLength(text: string, what: string, maxLength: number): void {
    if (text.length > maxLength) this.problems.push(`${what} has more than ${maxLength} characters`);
  }
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function quoted(text: string): string {
  return `"${text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text}"`;
}
