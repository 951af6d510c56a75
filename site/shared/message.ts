/** Error messages as the pages show them. */

/** A message of the library without its prefix: on these pages every message is from the library. */
export function plain(message: string): string {
  return message.replace(/^noiseshape: /, '')
}

/** What a caught error says, in a form that can be shown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? plain(error.message) : String(error)
}
