/** How long a fact may take to appear on a busy machine. */
const PATIENCE_MS = 40_000
const EVERY_MS = 40

/**
 * Waits for a fact: asks until the answer is not undefined.
 * @throws Error that names the fact when the time is up
 */
export async function until<T>(
  fact: string,
  ask: () => T | undefined | Promise<T | undefined>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  const end = Date.now() + patienceMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > end) throw new Error(`after ${patienceMs / 1000} s there is no ${fact}`)
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
}
