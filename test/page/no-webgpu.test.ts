/** Chrome without a GPU to offer: the fallback runs, has the right bits and gives the reason. Firefox: test/long/page. */

import type { Browser } from 'puppeteer'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { launchBrowser, type Served } from '../support/browser.js'
import { serveBuilt } from '../support/built.js'
import { expectFallback } from './fallback.js'

let site: Served
let browser: Browser | undefined

beforeAll(async () => {
  site = await serveBuilt({ page: 'library' })
})
afterEach(async () => {
  await browser?.close()
  browser = undefined
})
afterAll(() => site?.close())

test('Chrome without an adapter: the reason names the adapter', async () => {
  browser = await launchBrowser({ webgpu: false })
  const page = await browser.newPage()
  await page.goto(site.url)
  expect(await expectFallback(page, /adapter/)).toMatchObject({
    secure: true,
    hasGpu: true,
  })
})

test('Chrome with WebGPU on a page that is not secure: the reason names the secure context', async () => {
  browser = await launchBrowser({
    webgpu: true,
    flags: ['--host-resolver-rules=MAP insecure.test 127.0.0.1'],
  })
  const page = await browser.newPage()
  await page.goto(site.url)
  const control = await page.evaluate(() => navigator.gpu.requestAdapter().then((adapter) => !!adapter))
  expect(control, 'on 127.0.0.1 this very browser has an adapter').toBe(true)
  await page.goto(site.url.replace('127.0.0.1', 'insecure.test'))
  expect(await expectFallback(page, /secure context/)).toMatchObject({
    secure: false,
    hasGpu: false,
  })
})
