// @ts-check
// Vite plugin: `import module from './x.simd.ts?wasm'` compiles an AssemblyScript file and gives the WebAssembly module in
// hexadecimal, where gzip finds the bytes that repeat: a fifth smaller than base64 once it is compressed. So tests, pages
// and the package have the same source, and nothing compiled is committed.

import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { root } from './setup.mjs'

const SUFFIX = '.simd.ts?wasm'

/** No allocator, no data and no start function: the modules compute in the memory that they import. */
const OPTIONS =
  '-O3 --noAssert --runtime stub --enable simd --importMemory --noExportMemory --noColors'.split(' ')

/** @typedef {{ hex: string, sources: Set<string> }} Compiled */

/** Every server and every worker of a build loads each file once. @type {Map<string, Promise<Compiled>>} */
const compiled = new Map()

/** @returns {import('vite').Plugin} */
export function assemblyScript() {
  return {
    name: 'assemblyscript',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith(SUFFIX)) return
      const file = relative(root, id.slice(0, -'?wasm'.length))
      const compiling = compiled.get(file) ?? compile(file)
      compiled.set(file, compiling)
      const { hex, sources } = await compiling
      for (const source of sources) this.addWatchFile(source)
      return `export default ${JSON.stringify(hex)}`
    },
    watchChange(id) {
      if (id.endsWith('.simd.ts')) compiled.clear()
    },
  }
}

/**
 * @param {string} file below the root of the repository
 * @returns {Promise<Compiled>}
 */
export async function compile(file) {
  const { default: asc } = await import('assemblyscript/asc') // large: only where something is compiled
  /** @type {Set<string>} */
  const sources = new Set()
  let hex = ''
  const { error, stderr } = await asc.main([file, '--outFile', 'module.wasm', ...OPTIONS], {
    async readFile(name) {
      const path = join(root, name)
      const text = await readFile(path, 'utf8').catch(() => null) // it also asks for files that need not exist
      if (text !== null) sources.add(path)
      return text
    },
    writeFile(_, contents) {
      hex = Buffer.from(contents).toString('hex')
    },
    listFiles: () => [],
  })
  if (error) throw new Error(`${file} does not compile:\n${stderr}`)
  return { hex, sources }
}
