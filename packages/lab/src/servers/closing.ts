/** What has been opened, to be closed in the opposite order. */
export class Closing {
  readonly #steps: (() => Promise<void>)[] = []

  defer(step: () => Promise<void>): void {
    this.#steps.push(step)
  }

  /** Once, however often it is asked for. */
  async close(): Promise<void> {
    for (const step of this.#steps.splice(0).toReversed()) await step()
  }
}

/** What fails to open closes again all that it had opened. */
export async function opening<T>(open: (closing: Closing) => Promise<T>): Promise<T> {
  const closing = new Closing()
  try {
    return await open(closing)
  } catch (error) {
    await closing.close()
    throw error
  }
}
