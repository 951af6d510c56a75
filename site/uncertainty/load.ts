/** Loads files of this site. */

/** Throws an error that can be shown as it is. */
export async function load(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url)
  if (!response.ok)
    throw new Error(`The network could not be loaded: ${response.status} ${response.statusText}`.trim())
  return response.arrayBuffer()
}
