// @ts-check
// Anchors of Markdown headings as GitHub makes them, so that a link with one works in the repository and on the site.

/** Returns the anchor of one heading of a page after the other: a second one of the same text gets a number. */
export function anchors() {
  /** @type {Map<string, number>} */
  const seen = new Map()
  return (/** @type {string} */ text) => {
    const anchor = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(anchor) ?? 0
    seen.set(anchor, count + 1)
    return count === 0 ? anchor : `${anchor}-${count}`
  }
}
