import { defineConfig } from 'vitest/config'
import { puppeteer } from './test/support/puppeteer-provider.ts'
import { alias } from './vite.config.ts'

const tests = (name: string) => [`test/${name}/**/*.test.ts`]

/** Four projects, one after the other (groupOrder), so that none of them waits for a core or the GPU of another. */
export default defineConfig({
  resolve: { alias },
  test: {
    testTimeout: 120_000, // the software GPU of a small machine is slow
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: tests('unit'), sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        optimizeDeps: {
          // known before the first file, else the page reloads under it
          include: [
            'fast-check',
            '@tensorflow/tfjs-core',
            '@tensorflow/tfjs-layers',
            '@tensorflow/tfjs-backend-cpu',
            '@tensorflow/tfjs-backend-webgpu',
          ],
          exclude: ['onnxruntime-web'], // finds its parts by its own address
        },
        test: {
          name: 'gpu',
          include: tests('gpu'),
          sequence: { groupOrder: 1 },
          browser: {
            enabled: true,
            provider: puppeteer(),
            instances: [{ browser: 'chrome' }],
            api: { host: '127.0.0.1' },
            headless: true,
            ui: false,
            screenshotFailures: false,
          },
        },
      },
      {
        extends: true,
        test: { name: 'page', include: tests('page'), fileParallelism: false, sequence: { groupOrder: 2 } },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: tests('package'),
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
