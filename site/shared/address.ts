/** The state of a page in the hash of its address, so that reload, back and a shared link keep it: `#rate=0.5&seed=37`. */

/** The state in the address: text by name. Names that a page does not know are for it to ignore. */
export function readState(): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)))
}

/** Writes the state into the address, without a new entry in the history. An undefined value is left out. */
export function writeState(state: Readonly<Record<string, string | undefined>>): void {
  const parts = Object.entries(state).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${readable(value)}`],
  )
  try {
    history.replaceState(history.state, '', `${location.pathname}${location.search}#${parts.join('&')}`)
  } catch {
    // Safari refuses after a hundred in a short time; the next one has all of the state.
  }
}

/** Calls back when the reader has changed the hash: by hand, by a link or by the browser's back button. */
export function onStateChange(changed: (state: Record<string, string>) => void): void {
  addEventListener('hashchange', () => changed(readState()))
}

/** Percent-encoded but for the commas of shapes, which an address may contain. */
function readable(value: string): string {
  return encodeURIComponent(value).replaceAll('%2C', ',')
}
