/** Work that goes on beside what comes after it. The first failure of any of it is told when all of it is awaited. */
export class Background {
  private readonly running = new Set<Promise<void>>();
  private failure: { readonly error: unknown } | undefined;

  add(work: Promise<void>): void {
    const ended = work
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => this.running.delete(ended));
    this.running.add(ended);
  }

  /** Throws what has failed so far. */
  check(): void {
    if (this.failure) throw this.failure.error;
  }

  async ended(): Promise<void> {
    await Promise.all(this.running);
    this.check();
  }
}
