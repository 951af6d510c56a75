import { resolve } from 'node:path'
import { defineConfig } from 'vite'

const at = (path: string) => resolve(import.meta.dirname, path)

/** The page and the tests import the library by the names its users write. */
export const alias = {
  'noiseshape/cpu': at('src/cpu/index.ts'),
  'noiseshape/webgpu': at('src/webgpu/index.ts'),
  noiseshape: at('src/index.ts'),
}

const library = defineConfig({
  build: {
    target: 'es2022',
    lib: {
      formats: ['es'],
      entry: {
        index: at('src/index.ts'),
        cpu: at('src/cpu/index.ts'),
        webgpu: at('src/webgpu/index.ts'),
      },
    },
  },
})

const page = defineConfig({
  root: at('bench'),
  base: './',
  resolve: { alias },
  server: { host: '127.0.0.1' }, // WebGPU exists in secure contexts only: https, localhost, 127.0.0.1
  build: { target: 'es2022', outDir: at('bench/dist'), emptyOutDir: true },
})

/** `vite` serves the page, `vite build` makes the library, `vite build --mode page` the page. */
export default defineConfig(({ command, mode }) => (command === 'serve' || mode === 'page' ? page : library))
