/** What the library does in a browser that has no GPU to offer. */

import type { Page } from 'puppeteer'
import { expect } from 'vitest'
import { bounded } from '../support/bounded.js'
import { expectSameBits } from '../support/compare.js'
import { input } from '../support/inputs.js'
import { judgeDropout, judgeMask } from '../support/judge.js'

const DRAW = { shape: [7, 40, 5], noiseShape: [7, 1, 5], rate: 0.4, seed: 6, stream: 2, step: 1 }

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

/** The page runs on the CPU, has the right bits, and gives the reason. */
export async function expectFallback(page: Page, reason: RegExp) {
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
