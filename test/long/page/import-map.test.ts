/** docs/bundlers.md: the page without a bundler works as it stands there, on the library as it is built. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'puppeteer'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../../scripts/setup.mjs'
import { launchBrowser, type Served, serveFolder, watch } from '../../support/browser.js'
import { judgeMask } from '../../support/judge.js'

let folder: string
let served: Served
let browser: Browser

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'noiseshape-import-map-'))
  const outDir = join(folder, 'node_modules/noiseshape/dist')
  await mkdir(outDir, { recursive: true })
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir } })
  const page = await readFile(join(root, 'docs/bundlers.md'), 'utf8')
  const html = /```html\n(.*?)```/s.exec(page)?.[1] ?? ''
  await writeFile(
    join(folder, 'index.html'),
    `<!doctype html><title>map</title><link rel="icon" href="data:,">${html}`,
  )
  served = await serveFolder(folder)
  browser = await launchBrowser({ webgpu: false })
})
afterAll(async () => {
  await browser?.close()
  await served?.close()
  await rm(folder, { recursive: true, force: true })
})

test('each entry of the map is found, and draws the right bits', async () => {
  const page = await browser.newPage()
  const wrong = watch(page, served.url)
  await page.goto(served.url, { waitUntil: 'networkidle0' })
  const draw = { shape: [100], rate: 0.3, seed: 1 }
  // As text, because the test runner puts a function of its own in the place of import().
  const words = await page.evaluate(`(async () => {
    const { imports } = JSON.parse(document.querySelector('script[type=importmap]').textContent)
    const [engine, cpu, ...others] = await Promise.all(Object.keys(imports).map((name) => import(name)))
    return others.length === 3 ? [...cpu.mask(${JSON.stringify(draw)})] : []
  })()`)
  expect(words).toEqual([...judgeMask(draw)])
  expect(wrong).toEqual([])
})
