// @ts-check
// The built site: how it is made, and what it must be to be published anywhere.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { root } from './setup.mjs'

/** Cloudflare Pages takes no larger file; GitHub Pages takes 100 MiB. */
export const LARGEST_FILE = 25 * 2 ** 20
/** The first page with its styles, scripts and pictures, packed as servers pack them. What it loads later is not in it. */
export const FIRST_PAGE = 100_000

/** Builds the pages into a folder, which is emptied before. Throws if a page or a file is too large. */
export async function buildSite(folder = join(root, 'site/dist')) {
  const { build } = await import('vite')
  await build({
    configFile: join(root, 'vite.config.ts'),
    mode: 'page',
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true },
  })
  return checkSite(folder)
}

/** Returns the sizes of a site in bytes. Throws if one is above its limit. */
export function checkSite(/** @type {string} */ folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ name, stat: statSync(join(folder, name)) }))
    .filter(({ stat }) => stat.isFile())
    .map(({ name, stat }) => ({ name, size: stat.size }))
  const [largest] = files.sort((a, b) => b.size - a.size)
  if (largest.size > LARGEST_FILE) {
    throw new Error(
      `${largest.name} has ${largest.size} bytes; some hosts take files of up to ${LARGEST_FILE} only.`,
    )
  }
  const firstPage = packedSize(folder, 'index.html')
  if (firstPage > FIRST_PAGE) {
    throw new Error(
      `The first page has ${firstPage} bytes with gzip, but at most ${FIRST_PAGE} are allowed. Load something of it later.`,
    )
  }
  return { files: files.length, largest, firstPage }
}

/** A page with the files that its HTML names: Vite names all scripts there that its scripts import at once. */
function packedSize(/** @type {string} */ folder, /** @type {string} */ page) {
  const html = readFileSync(join(folder, page), 'utf8')
  const named = Array.from(html.matchAll(/\s(?:src|href)="\.\/([^"#?]+)"/g), ([, name]) => name)
  const parts = new Set(named.filter((name) => !name.endsWith('.html')))
  return [page, ...parts].reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0)
}
