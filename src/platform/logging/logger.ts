import type { LoggerService } from '@nestjs/common';
import { pino, type Logger as PinoLogger } from 'pino';

/** Facts that go with a log line. Never a phone number, a text or a secret. */
export type LogFacts = Readonly<Record<string, unknown>>;

/**
 * The program's log: JSON lines with a fixed event name. error: a person must act; warn: degraded; info: a state change
 * that a user would recognise; debug: the rest.
 */
export class Logger {
  private constructor(private readonly pino: PinoLogger) {}

  static create(level: string): Logger {
    return new Logger(
      pino({
        level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        redact: ['*.authorization', '*.phone', '*.secret', '*.password'],
      }),
    );
  }

  error(event: string, facts: LogFacts = {}): void {
    this.pino.error({ event, ...facts });
  }

  warn(event: string, facts: LogFacts = {}): void {
    this.pino.warn({ event, ...facts });
  }

  info(event: string, facts: LogFacts = {}): void {
    this.pino.info({ event, ...facts });
  }

  debug(event: string, facts: LogFacts = {}): void {
    this.pino.debug({ event, ...facts });
  }
}

/** An error as log facts: its message and stack, and the server's SQLSTATE when there is one. */
export function errorFacts(error: unknown): LogFacts {
  if (!(error instanceof Error)) return { error: String(error) };
  const code = (error as { code?: unknown }).code;
  return { error: error.message, ...(code === undefined ? {} : { code }), stack: error.stack };
}

/** Nest's own messages, in the same format. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: unknown): void {
    this.logger.debug('nest', { message, context });
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error('nest', { message, rest });
  }

  warn(message: unknown, context?: unknown): void {
    this.logger.warn('nest', { message, context });
  }

  debug(message: unknown, context?: unknown): void {
    this.logger.debug('nest', { message, context });
  }

  verbose(message: unknown, context?: unknown): void {
    this.logger.debug('nest', { message, context });
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.error('nest', { message, rest });
  }
}
