import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vite'
import { assemblyScript } from './scripts/assemblyscript.mjs'
import { docs, docsEntries } from './site/docs/plugin.ts'
import { learn } from './site/learn/static.ts'
import { frame, pages } from './site/shared/frame.ts'
import { packedWasm } from './site/shared/packed-wasm.ts'

const at = (path: string) => resolve(import.meta.dirname, path)

/** Pages, benchmark and tests import the library by the names that its users write. */
export const alias = {
  'noiseshape/cpu': at('src/cpu/index.ts'),
  'noiseshape/webgpu': at('src/webgpu/index.ts'),
  'noiseshape/monte-carlo': at('src/monte-carlo/index.ts'),
  'noiseshape/tfjs': at('src/tfjs/index.ts'),
  'noiseshape/onnx': at('src/onnx/index.ts'),
  noiseshape: at('src/index.ts'),
}

/**
 * Shaders go into the package without their comments, and without spaces that stand for nothing: all but those between two
 * words or two operators. Lines and names stay, so that what a compiler reports can be read.
 */
const bareShaders: Plugin = {
  name: 'bare-shaders',
  enforce: 'pre',
  load(id) {
    if (!id.endsWith('.wgsl?raw')) return
    const code = readFileSync(id.slice(0, -'?raw'.length), 'utf8')
    return `export default ${JSON.stringify(
      code
        .replace(/\/\/.*$/gm, '')
        .replace(/\s*\n\s*/g, '\n')
        .replace(/(?<=[\w()[\]{},;:]) (?=\W)|(?<=\W) (?=[\w()[\]{},;:])/g, '')
        .trim(),
    )}`
  },
}

/** npm leaves folders named node_modules out of a package. */
function libraryFile({ name }: { name: string }): string {
  const path = name
    .replaceAll('\\', '/')
    .replace(/^.*node_modules\//, 'vendor/')
    .replace(/\/dist(\/esm)?\//, '/')
  return `${path.replace(/(\.ts)?_(raw|wasm)$/, '')}.js` // x.wgsl?raw becomes x.wgsl.js
}

const library = defineConfig({
  plugins: [bareShaders, assemblyScript()],
  build: {
    target: 'es2022',
    minify: false, // the user's bundler minifies; in stack traces and debuggers the code should be readable
    sourcemap: true,
    lib: {
      formats: ['es'],
      entry: {
        index: at('src/index.ts'),
        cpu: at('src/cpu/index.ts'),
        webgpu: at('src/webgpu/index.ts'),
        'monte-carlo': at('src/monte-carlo/index.ts'),
        tfjs: at('src/tfjs/index.ts'),
        onnx: at('src/onnx/index.ts'),
      },
    },
    rolldownOptions: {
      optimization: { inlineConst: false }, // names say more than the numbers
      external: [/^@tensorflow\//, /^onnxruntime/], // optional peers: the user's own copies
      // A file for each source file, so that a bundler can leave out what an import does not need.
      output: { preserveModules: true, preserveModulesRoot: at('src'), entryFileNames: libraryFile },
    },
  },
})

const site = defineConfig({
  root: at('site'),
  plugins: [docs(), frame(), learn, packedWasm(), assemblyScript()],
  worker: { format: 'es', plugins: () => [packedWasm(), assemblyScript()] }, // es: a worker imports packed wasm when it needs it
  base: './', // under any path
  resolve: { alias },
  server: { host: '127.0.0.1' }, // WebGPU exists in secure contexts only: https, localhost, 127.0.0.1
  // The pages' packages, known before they ask for them, else a page reloads in the middle of a run.
  optimizeDeps: {
    include: [
      '@bufbuild/protobuf',
      '@bufbuild/protobuf/codegenv2',
      '@jax-js/jax',
      '@observablehq/plot',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgpu',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
      'onnx-buf',
      'pbf',
    ],
    exclude: ['onnxruntime-web'], // finds its parts by its own address
  },
  build: {
    target: 'es2022',
    outDir: at('site/dist'),
    emptyOutDir: true,
    rollupOptions: {
      input: [...new Set([...pages.map(({ file }) => at(`site/${file}`)), ...docsEntries()])],
    },
  },
})

/** One file for a runtime without a browser; scripts/runtimes.mjs says where it goes. */
const portable = (entry: string, entryFileNames: string, plugins: Plugin[] = []) =>
  defineConfig({
    plugins: [...plugins, assemblyScript()],
    resolve: { alias },
    ssr: { noExternal: true },
    build: {
      target: 'es2022',
      ssr: at(entry),
      rolldownOptions: {
        external: [/^(webgpu|@tensorflow\/|@jax-js\/|onnxruntime-web)/],
        output: { entryFileNames, codeSplitting: false },
      },
    },
  })

const portables: Record<string, ReturnType<typeof portable>> = {
  portable: portable('bench/portable.ts', 'bench.mjs'),
  conformance: portable('test/conformance/suite.ts', 'conformance.mjs', [bareShaders]),
}

/**
 * `vite` serves the pages, `vite build` makes the library, `vite build --mode page` the pages, `--mode portable` the
 * benchmark for Node and Deno, `--mode conformance` the conformance suite for those and browsers.
 */
export default defineConfig(({ command, mode }) => {
  if (command === 'serve' || mode === 'page') return site
  return portables[mode] ?? library
})
