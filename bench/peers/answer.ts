/** What a child hears from the benchmark, and how it answers. */
export interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Answers every question by the handler of its name, until the benchmark lets go: then `close`, and the process ends. */
export function answerParent(
  handlers: Readonly<Record<string, (argument: never) => unknown>>,
  close: () => Promise<void>,
): void {
  const send = (answer: Answer): void => void process.send?.(answer);
  process.on('message', ({ id, name, argument }: Question) => {
    const handler = handlers[name] as ((argument: unknown) => unknown) | undefined;
    const work = async (): Promise<unknown> => {
      if (handler === undefined) throw new Error(`nothing answers to ${name}`);
      return await handler(argument);
    };
    work().then(
      (value) => send({ id, value }),
      (error: unknown) => send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.once('disconnect', () => {
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
}
