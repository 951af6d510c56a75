import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { assemblyScript } from './scripts/assemblyscript.mjs'
import { puppeteer } from './test/support/puppeteer-provider.ts'
import { alias } from './vite.config.ts'

/** Only catches a test that hangs: a busy machine with a software GPU may be many times slower than a quiet one. */
const HANGS_MS = 10 * 60_000

/** What the files of test/both run on: modules that both projects have under one name. */
const backends = (kind: '' | '-webgpu') =>
  Object.fromEntries(
    ['backends', 'carriers', 'tfjs-backends'].map((name) => [
      `#${name}`,
      resolve(import.meta.dirname, `test/support/${name}${kind}.ts`),
    ]),
  )

/** Projects of a group run side by side: those of the second wait for browsers and bundlers half of their time. */
const GROUPS = ['unit', 'gpu page package', 'long-unit', 'long-gpu long-page long-package']

function project(name: string, include: string[], more: TestProjectInlineConfiguration = {}, rounds = 0) {
  const groupOrder = GROUPS.findIndex((group) => group.split(' ').includes(name))
  return {
    ...more,
    extends: true,
    test: { ...more.test, name, include, provide: { rounds }, sequence: { groupOrder } },
  } satisfies TestProjectInlineConfiguration
}

const inNode: TestProjectInlineConfiguration = { resolve: { alias: backends('') } }

/** These repeat themselves (test/support/rounds.ts), or leave a part out: a little in `gpu`, and all of it in `long-gpu`. */
const ROUNDS = { everyday: 100, long: 1000, files: ['leaks', 'concurrency', 'onnx', 'readme'] }

/** On a software GPU this is too long for every day. */
const LONG_ON_GPU = ['test/both/tfjs-training.test.ts']

/** Made anew for each project, because vitest writes the project's name into it. */
const inChrome = (exclude: string[] = []): TestProjectInlineConfiguration => ({
  resolve: { alias: backends('-webgpu') },
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
    exclude,
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
})

/** A test in Node that drives a browser: what it imports is loaded once for all files of a worker. */
const drivesBrowser: TestProjectInlineConfiguration = { test: { isolate: false } }

const onPages: TestProjectInlineConfiguration = {
  test: { ...drivesBrowser.test, globalSetup: 'test/support/pages-server.ts' },
}

/** `npm test` runs the first four, `npm run test:long` the others. */
export default defineConfig({
  plugins: [assemblyScript()],
  resolve: { alias },
  test: {
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    maxWorkers: availableParallelism(),
    projects: [
      project('unit', ['test/{unit,both}/**/*.test.ts'], inNode),
      project('gpu', ['test/{gpu,both}/**/*.test.ts'], inChrome(LONG_ON_GPU), ROUNDS.everyday),
      project('page', ['test/page/**/*.test.ts'], onPages),
      project('package', ['test/package/**/*.test.ts'], drivesBrowser),
      project('long-unit', ['test/long/unit/**/*.test.ts'], inNode),
      project(
        'long-gpu',
        [
          'test/long/gpu/**/*.test.ts',
          ...LONG_ON_GPU,
          ...ROUNDS.files.map((name) => `test/gpu/${name}.test.ts`),
        ],
        inChrome(),
        ROUNDS.long,
      ),
      project('long-page', ['test/long/page/**/*.test.ts'], onPages),
      project(
        'long-package',
        ['test/long/package/**/*.test.ts', 'test/package/{examples,types,consumers}.test.ts'],
        drivesBrowser,
        ROUNDS.long,
      ),
    ],
  },
})
