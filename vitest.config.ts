import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { puppeteer } from './test/support/puppeteer-provider.ts'
import { alias } from './vite.config.ts'

/** Only catches a test that hangs: a busy machine with a software GPU may be many times slower than a quiet one. */
const HANGS_MS = 10 * 60_000

let groupOrder = 0

/** Projects run one after the other (groupOrder), so that none waits for a core or the GPU of another. */
function project(name: string, include: string[], more: TestProjectInlineConfiguration = {}) {
  return {
    ...more,
    extends: true,
    test: { ...more.test, name, include, sequence: { groupOrder: groupOrder++ } },
  } satisfies TestProjectInlineConfiguration
}

const inChrome: TestProjectInlineConfiguration = {
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
}

/** These files start browsers and bundlers of their own. */
const oneByOne: TestProjectInlineConfiguration = { test: { fileParallelism: false } }

/** `npm test` runs the first four, `npm run test:long` the others. */
export default defineConfig({
  resolve: { alias },
  test: {
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    projects: [
      project('unit', ['test/unit/**/*.test.ts']),
      project('gpu', ['test/gpu/**/*.test.ts'], inChrome),
      project('page', ['test/page/**/*.test.ts'], oneByOne),
      project('package', ['test/package/**/*.test.ts'], oneByOne),
      project('long-unit', ['test/long/unit/**/*.test.ts']),
      project('long-gpu', ['test/long/gpu/**/*.test.ts'], inChrome),
      project('long-page', ['test/long/page/**/*.test.ts'], oneByOne),
      project('long-package', ['test/long/package/**/*.test.ts'], oneByOne),
    ],
  },
})
