/** Waits that end: a fault that makes a call hang must fail a test, and not stop it. */

const LONGEST_MS = 3 * 60_000

/** What `promise` resolves to, or a throw when that takes longer than any slow machine would. */
export async function bounded<T>(promise: Promise<T>, what = 'a call'): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} hangs: not settled after ${LONGEST_MS} ms`)),
      LONGEST_MS,
    )
  })
  try {
    return await Promise.race([promise, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
