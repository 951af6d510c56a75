/** A browser without WebGPU. Long: it may have to install Firefox. */

import type { Browser } from 'puppeteer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectFallback } from '../../page/fallback.js'
import { launchFirefox, type Served } from '../../support/browser.js'
import { serveBuilt } from '../../support/built.js'

let site: Served
let browser: Browser | undefined

beforeAll(async () => {
  site = await serveBuilt({ page: 'library' })
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

test('Firefox, whose ESR on Linux has no WebGPU: the reason says so', async (context) => {
  browser = await launchFirefox()
  if (!browser) {
    return context.skip('no Firefox: install it, or set FIREFOX_EXECUTABLE_PATH to one, and run again')
  }
  const page = await browser.newPage()
  await page.goto(site.url)
  if (await page.evaluate(() => 'gpu' in navigator)) {
    return context.skip(
      'this Firefox has WebGPU, as on Windows and macOS: there is nothing to fall back from',
    )
  }
  const { secure } = await expectFallback(page, /navigator\.gpu is undefined/)
  expect(secure).toBe(true)
}, 600_000) // installing a Firefox takes a while
