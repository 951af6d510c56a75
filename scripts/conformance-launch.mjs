// @ts-check
// Runs the bundled conformance suite in Deno or in Node, for scripts/conformance.mjs: `launch BUNDLE REPORT`.

import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const [, , bundle, report] = process.argv

try {
  // What `create` gives must stay referenced, or Node crashes.
  const gpu = 'deno' in process.versions ? globalThis.navigator.gpu : await nodeGpu()
  const { runSuite } = await import(pathToFileURL(bundle).href)
  writeFileSync(report, JSON.stringify(await runSuite(gpu, () => console.log('.'))))
  process.exit(gpu ? 0 : 1) // Dawn's threads would keep the process alive
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

/** From the package beside the bundle. */
async function nodeGpu() {
  const { create, globals } = await import(createRequire(bundle).resolve('webgpu'))
  Object.assign(globalThis, globals)
  return create([])
}
