/**
 * Packs WebAssembly files of the built site with gzip: the one of ONNX Runtime Web is larger than the 25 MiB that some hosts
 * of static sites accept. A module gets the address of the unpacked file by `await import('x.wasm?url')`, which fetches it. A
 * worker that imported it at its top would miss the messages that come in the meantime; so the build refuses that.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/noiseshape', import.meta.url))

export const packedWasm = (): Plugin => ({
  name: 'packed-wasm',
  apply: 'build',
  enforce: 'pre',
  /** ONNX Runtime Web also names its own file, in a way by which Vite would add it to the site; the pages give it theirs. */
  transform(code, id) {
    if (!id.includes('onnxruntime-web')) return
    return code.replace(
      /new URL\(("[^"]+\.wasm"),\s*import\.meta\.url\)/g,
      "new URL($1, '' + import.meta.url)",
    )
  },
  buildEnd() {
    for (const id of this.getModuleIds()) {
      if (!id.endsWith('.wasm?url')) continue
      const importers = this.getModuleInfo(id)?.importers ?? []
      if (importers.length > 0)
        this.error(`${importers[0]} must import ${id} by \`await import()\`: it is unpacked then`)
    }
  },
  load(id) {
    if (!id.endsWith('.wasm?url')) return
    const path = id.slice(0, -'?url'.length)
    // Not .gz, which some servers send as what it holds, packed for the way: the browser would unpack it once more.
    const packed = join(FOLDER, `${basename(path)}.packed`)
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(packed, gzipSync(readFileSync(path)))
    return `import packed from ${JSON.stringify(`${packed}?url`)}
const { ok, status, statusText, body } = await fetch(packed)
if (!ok) throw new Error(\`\${packed} could not be loaded: \${status} \${statusText}\`)
const unpacked = new Response(body.pipeThrough(new DecompressionStream('gzip')), {
  headers: { 'content-type': 'application/wasm' },
})
export default URL.createObjectURL(await unpacked.blob())`
  },
})
