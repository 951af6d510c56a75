/** Firefox without WebGPU: the fallback runs, gives the right bits and says why. */

import type { Browser, Page } from 'puppeteer'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { bounded } from '../../support/bounded.js'
import { launchFirefox, type Served } from '../../support/browser.js'
import { serveBuilt } from '../../support/built.js'
import { expectSameBits } from '../../support/compare.js'
import { input } from '../../support/inputs.js'
import { judgeDropout, judgeMask } from '../../support/judge.js'

const DRAW = { shape: [7, 40, 5], noiseShape: [7, 1, 5], rate: 0.4, seed: 6, stream: 2, call: 1 }

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

/** What `'auto'` and `'webgpu'` do on a page. */
async function tryEngines(page: Page) {
  return bounded(
    page.evaluate(async (draw) => {
      const { createEngine, floats, input, patterns } = globalThis.library
      const engine = await createEngine()
      const y = await engine.dropout(floats(input(draw.shape, 1, 'half')), draw)
      const words = await engine.mask(draw)
      const strict = await createEngine({ backend: 'webgpu' }).then(
        () => ({ name: 'none', message: '' }),
        ({ name, message }: Error) => ({ name, message }),
      )
      return {
        secure: isSecureContext,
        hasGpu: 'gpu' in navigator && navigator.gpu !== undefined,
        backend: engine.backend,
        reason: engine.fallbackReason,
        y: [...patterns(y)],
        mask: [...words],
        strict,
      }
    }, DRAW),
  )
}

async function expectFallback(page: Page, reason: RegExp) {
  const got = await tryEngines(page)
  expect(got.backend).toBe('cpu')
  expect(got.reason).toMatch(reason)
  expectSameBits(Uint32Array.from(got.y), judgeDropout(input(DRAW.shape, 1, 'half'), DRAW), {
    shape: DRAW.shape,
  })
  expectSameBits(Uint32Array.from(got.mask), judgeMask(DRAW), { packed: true })
  expect(got.strict).toEqual({ name: 'WebGPUUnavailableError', message: got.reason })
  return got
}

test('Firefox, whose ESR on Linux has no WebGPU: the reason says so', async (context) => {
  browser = await launchFirefox()
  if (!browser) {
    return context.skip(
      'no Firefox was found: install it, or set FIREFOX_EXECUTABLE_PATH to one, and run again',
    )
  }
  const page = await browser.newPage()
  await page.goto(site.url)
  if (await page.evaluate(() => 'gpu' in navigator)) {
    return context.skip(
      'this Firefox has WebGPU, as on Windows and macOS: there is nothing to fall back from',
    )
  }
  const { secure } = await expectFallback(page, /no WebGPU here.*navigator\.gpu is undefined/)
  expect(secure).toBe(true)
})
