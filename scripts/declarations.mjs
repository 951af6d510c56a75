// @ts-check
// The last step of `npm run build`, on the declarations that TypeScript has written to dist/: removes those that no entry
// of the package leads to, and lets every entry but /webgpu compile in programs without the types of WebGPU.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { root } from './setup.mjs'

const dist = join(root, 'dist')
/** @type {{ exports: Record<string, string | { types: string }> }} */
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const entries = Object.entries(exports).flatMap(([name, to]) =>
  typeof to === 'string' ? [] : [{ name, ...to }],
)

removeUnreachable()
makeWebGPUOptional()

function removeUnreachable() {
  const reachable = new Set(entries.flatMap(({ types }) => [...reachableFrom(types)]))
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const path = join(dist, name)
    if (path.endsWith('.d.ts') && !reachable.has(path)) rmSync(path)
  }
}

/**
 * TypeScript before 6 knows GPUDevice and the others from @webgpu/types only, and fails on a declaration that names them.
 * So declarations take them from one file, which has the program's own types where there are any.
 */
function makeWebGPUOptional() {
  const files = new Set(
    entries.filter(({ name }) => name !== './webgpu').flatMap(({ types }) => [...reachableFrom(types)]),
  )
  const types = join(dist, 'webgpu-types.js')
  /** @type {Set<string>} */
  const all = new Set()
  for (const path of files) {
    const text = readFileSync(path, 'utf8')
    const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    const names = [...new Set(code.match(/\bGPU[A-Z]\w*/g))].sort()
    if (names.length === 0) continue
    for (const name of names) all.add(name)
    const from = relative(dirname(path), types).split(sep).join('/')
    const address = from.startsWith('.') ? from : `./${from}`
    writeFileSync(path, `import type { ${names.join(', ')} } from '${address}';\n${text}`)
  }
  writeFileSync(
    types.replace(/js$/, 'd.ts'),
    `/** Stands for the types of WebGPU in a program without them: TypeScript 6 has them, and @webgpu/types. */
export interface WebGPUTypesAreMissing {
    readonly 'use TypeScript 6 or install @webgpu/types': never;
}
${[...all]
  .sort()
  .map(
    (name) =>
      `export type ${name} = typeof globalThis extends { ${name}: { prototype: infer T } } ? T : WebGPUTypesAreMissing;`,
  )
  .join('\n')}
`,
  )
}

/** The declarations that one of them leads to, itself included. */
function reachableFrom(/** @type {string} */ types) {
  /** @type {Set<string>} */
  const found = new Set()
  const follow = (/** @type {string} */ path) => {
    if (found.has(path)) return
    found.add(path)
    // `from './options.js'` and `import('./options.js')`: TypeScript writes no other form.
    for (const [, to] of readFileSync(path, 'utf8').matchAll(/(?:from |import\()['"](\..+?)\.js['"]/g)) {
      follow(resolve(dirname(path), `${to}.d.ts`))
    }
  }
  follow(join(root, types))
  return found
}
