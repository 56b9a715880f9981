import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MODULES = ['dispatch', 'schedules', 'delivery-logs', 'rate-limit'] as const;
const WRITES = /\b(UPDATE|INSERT INTO|DELETE FROM|FOR SHARE|_lock)\b|writePart\(/;

/** They write rows of a schedule that their own transaction has made or locked, and have no condition to leave out. */
const UNCONDITIONAL: readonly string[] = ['runs-insert-first', 'schedules-add-contacts', 'schedules-add-groups'];

/**
 * Names of the statements in the repositories that write or lock and could do so wrongly, as they stand in the source: what
 * is not executed by anybody is found here too.
 */
export function writingStatements(): string[] {
  return MODULES.flatMap((module) => {
    const folder = join(__dirname, '..', '..', 'src', 'modules', module, 'persistence');
    const files = readdirSync(folder).filter((file) => file.endsWith('.repository.ts'));
    const names = files.flatMap((file) => writingStatementsOf(readFileSync(join(folder, file), 'utf8')));
    return names.filter((name) => !UNCONDITIONAL.includes(name));
  });
}

/** A statement is an object with a name and a text; it ends with the brace that ends a line. */
export function writingStatementsOf(source: string): string[] {
  return source
    .split(/(?=\bname: ')/)
    .slice(1)
    .flatMap((part) => {
      const [object = ''] = part.split(/^\s*\}[,;]?$/m);
      const name = /^name: '([^']+)'/.exec(object)?.[1];
      return name !== undefined && WRITES.test(object) ? [name] : [];
    });
}
