/** The built package on a page with a strict Content-Security-Policy: no eval, no network, nothing but its own scripts. */

import type { Browser } from 'puppeteer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bounded } from '../support/bounded.js'
import { launchBrowser, type Served } from '../support/browser.js'
import { serveBuilt } from '../support/built.js'
import { difference, floats } from '../support/compare.js'
import { input } from '../support/inputs.js'
import { judgeDropout, judgeFlags, judgeMask, judgeNoise } from '../support/judge.js'
import { DRAW, LARGE, SAMPLES } from '../support/site/draw.js'
import type { Outcome } from '../support/site/everything.js'

/** Sent with each response, as they are then. */
const headers = {
  'content-security-policy': "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
}

let browser: Browser
let site: Served

beforeAll(async () => {
  site = await serveBuilt({
    page: 'everything',
    headers,
  })
  browser = await launchBrowser({ webgpu: true })
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

test('core, cpu, webgpu, monte-carlo and the model rewriter run, with the right bits', async () => {
  const page = await browser.newPage()
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(`uncaught: ${error instanceof Error ? error.message : error}`))
  page.on('request', (request) => {
    if (!request.url().startsWith(site.url)) wrong.push(`left this site: ${request.url()}`)
  })
  await page.goto(site.url)
  const got: Outcome = await bounded(page.evaluate(() => globalThis.outcome))
  const x = input(DRAW.shape, 1, 'rare')
  const same = (name: string, words: number[], expected: Uint32Array, packed = false) =>
    expect(difference(Uint32Array.from(words), expected, { what: name, packed })).toBeUndefined()

  for (const name of ['engine', 'cpu', 'op'] as const) same(name, got[name], judgeDropout(x, DRAW))
  for (const name of ['engineMask', 'cpuMask'] as const) same(name, got[name], judgeMask(DRAW), true)
  for (const name of ['engineNoise', 'cpuNoise'] as const) same(name, got[name], judgeNoise(DRAW))
  same('spatial', got.spatial, judgeDropout(x, { ...DRAW, stream: 0, step: 0 }))
  expect(got.flags).toEqual([...judgeFlags(DRAW)])
  expect(got.resolved).toEqual([DRAW.noiseShape, DRAW.noiseShape])
  expect(got.backends).toEqual(['webgpu', 'cpu'])
  expect(got.fallbackReason).toMatch(/software/)
  expect(got.noiseInputs).toHaveLength(1)

  const ordinary = input(DRAW.shape, 2)
  const passes = Array.from({ length: SAMPLES }, (_, step) =>
    floats(judgeDropout(ordinary, { ...DRAW, step })),
  )
  expect(got.means).toHaveLength(2)
  for (const mean of got.means) {
    mean.forEach((value, i) => {
      const exact = passes.reduce((sum, pass) => sum + pass[i], 0) / passes.length
      const largest = Math.max(...passes.map((pass) => Math.abs(pass[i])))
      // float32 with 20 updates: some tens of half units in the last place of the largest value
      expect(Math.abs(value - exact)).toBeLessThanOrEqual(largest * 2 ** -18)
    })
  }

  expect(got.violations, 'what the policy stopped while all that ran').toEqual([])
  same('large', got.large.bits, judgeDropout(input(LARGE.shape, 3), LARGE))
  expect(got.large.kernel, "WebAssembly needs 'wasm-unsafe-eval'").toBe('javascript')
  expect(got.large.violations, 'it is tried once').toHaveLength(1)
  expect(got.large.violations[0]).toMatch(/^script-src wasm-eval /)
  expect(got.forbidden, 'the policy is in force').toEqual({
    eval: 'EvalError',
    Function: 'EvalError',
    fetch: 'TypeError',
  })
  expect(wrong).toEqual([])
})

test("with 'wasm-unsafe-eval', large tensors on the CPU are computed with WebAssembly, to the same bits", async () => {
  headers['content-security-policy'] =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; require-trusted-types-for 'script'"
  const page = await browser.newPage()
  await page.goto(site.url)
  const { large, forbidden }: Outcome = await bounded(page.evaluate(() => globalThis.outcome))
  expect(difference(Uint32Array.from(large.bits), judgeDropout(input(LARGE.shape, 3), LARGE))).toBeUndefined()
  expect(large).toMatchObject({ kernel: 'wasm-simd', violations: [] })
  expect(forbidden.eval, 'the policy is in force').toBe('EvalError')
})
