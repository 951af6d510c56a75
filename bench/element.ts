/** The elements of a page, by id. */

export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (!found) throw new Error(`internal: the page has no element #${id}`)
  return found as T
}
