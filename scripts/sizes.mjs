// @ts-check
// `npm run sizes`: what each entry adds to a bundle, as `gzip -9` of what esbuild makes of it, beside its budget. Ends
// with code 1 if one is above. It measures dist/, which `npm run build` writes.

import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from './setup.mjs'

/**
 * The most that a row may have, in bytes: a little above what it has, so that growth is a decision. docs/bundlers.md shows
 * the same table. `imports`: all of an entry, or one function of it.
 */
export const ROWS = [
  { entry: 'noiseshape', imports: '*', budget: 23_700 },
  { entry: 'noiseshape/webgpu', imports: '*', budget: 16_000 },
  { entry: 'noiseshape/cpu', imports: '*', budget: 10_000 },
  { entry: 'noiseshape/monte-carlo', imports: '*', budget: 14_500 },
  { entry: 'noiseshape/tfjs', imports: '*', budget: 40_500 },
  { entry: 'noiseshape/onnx', imports: '*', budget: 74_000 },
  { entry: 'noiseshape', imports: 'createEngine', budget: 23_500 },
  { entry: 'noiseshape', imports: 'unpackMask', budget: 1_000 },
  { entry: 'noiseshape/webgpu', imports: 'createDropout', budget: 13_500 },
  { entry: 'noiseshape/cpu', imports: 'dropout', budget: 9_000 },
  { entry: 'noiseshape/onnx', imports: 'createMonteCarloSession', budget: 63_000 },
]

/** What a table calls a row. */
export function nameOf(/** @type {{ entry: string, imports: string }} */ { entry, imports }) {
  return imports === '*' ? `all of \`${entry}\`` : `\`${imports}\` of \`${entry}\``
}

/** @returns {Promise<{ name: string, gzip: number, minified: number, budget: number }[]>} */
export function measureSizes() {
  return Promise.all(
    ROWS.map(async (row) => {
      const { entry, imports, budget } = row
      const { files } = await bundle(`export ${imports === '*' ? '*' : `{ ${imports} }`} from '${entry}'`)
      const gzip = files.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0)
      const minified = files.reduce((sum, { contents }) => sum + contents.length, 0)
      return { name: nameOf(row), gzip, minified, budget }
    }),
  )
}

/** Bundles a module as a user of esbuild does who splits code: a dynamic import would become a file of its own. */
async function bundle(/** @type {string} */ contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    tsconfigRaw: {}, // that of the repository leads to src/
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    write: false,
    outdir: 'out',
    external: ['@tensorflow/*', 'onnxruntime-web'],
  })
  return { files: outputFiles }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const rows = await measureSizes()
  const kB = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`
  console.log('| one import of | gzip | budget | minified |\n| --- | --- | --- | --- |')
  for (const { name, gzip, budget, minified } of rows) {
    console.log(`| ${name} | ${kB(gzip)} | ${kB(budget)} | ${kB(minified)} |`)
  }
  const above = rows.filter(({ gzip, budget }) => gzip > budget)
  for (const { name } of above) console.error(`${name} is above its budget (scripts/sizes.mjs).`)
  if (above.length > 0) process.exit(1)
}
