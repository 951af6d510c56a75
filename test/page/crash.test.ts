/** A crash of Chrome's GPU process, with calls under way: what a driver's crash looks like to a page. */

import type { Browser, Page } from 'puppeteer'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { bounded } from '../support/bounded.js'
import { launchBrowser, type Served } from '../support/browser.js'
import { serveBuilt } from '../support/built.js'

let site: Served
let browser: Browser
let page: Page

beforeAll(async () => {
  site = await serveBuilt({ page: 'library' })
})
beforeEach(async () => {
  // A browser for each test: after several crashes in a short time Chrome gives up on the GPU.
  browser = await launchBrowser({ webgpu: true })
  page = await browser.newPage()
  await page.goto(site.url)
})
afterEach(() => browser?.close())
afterAll(() => site?.close())

/** chrome://gpucrash does the same, but not in a headless Chrome. */
async function crashGpu() {
  const session = await browser.target().createCDPSession()
  await session.send('Browser.crashGpuProcess').catch(() => {}) // it is no longer there to answer
}

/** How each call ended: 'right', 'wrong', or the name of its error. */
interface Endings {
  calls: string[]
  later: string
  backend: string
  reason: string | undefined
  ended: string | undefined
}

/**
 * Keeps calls under way until the GPU process has crashed, and waits for them all and one more. The page takes its
 * software adapter for hardware, so that `'auto'` uses it.
 */
async function callsDuringCrash(backend: 'auto' | 'webgpu'): Promise<Endings> {
  const endings = page.evaluate(async (backend): Promise<Endings> => {
    const { createEngine, dropout, floats, input, patterns } = globalThis.library
    const info = { vendor: 'test', architecture: 'hardware', description: '', isFallbackAdapter: false }
    Object.defineProperty(GPUAdapter.prototype, 'info', { value: info })
    const engine = await createEngine({ backend })
    if (engine.backend !== 'webgpu') throw new Error(`no GPU: ${engine.fallbackReason}`)
    Object.assign(globalThis, { engine })
    const draw = { shape: [1000, 1000], noiseShape: [1000, 1], rate: 0.1, seed: 3 }
    const x = floats(input(draw.shape, 1, 'rare'))
    const ending = async (step: number) => {
      try {
        const y = patterns(await engine.dropout(x, { ...draw, step }))
        const expected = patterns(dropout(x, { ...draw, step }))
        return y.every((bits, i) => bits === expected[i]) ? 'right' : 'wrong'
      } catch (error) {
        return (error as Error).name
      }
    }
    let ended: string | undefined
    engine.ended.then(({ name }) => {
      ended = name
    })
    let lost = false
    engine.device?.lost.then(() => {
      lost = true
    })
    const calls: string[] = []
    let next = 0
    const lane = async () => {
      while (!lost) calls.push(await ending(next++))
    }
    const lanes = Promise.all([lane(), lane(), lane(), lane()])
    Object.assign(globalThis, { started: true })
    await lanes
    const [now, reason] = [engine.backend, engine.fallbackReason]
    return { calls, later: await ending(next), backend: now, reason, ended }
  }, backend)
  await page.waitForFunction('globalThis.started')
  await crashGpu()
  return bounded(endings, 'a call during a crash of the GPU process')
}

test("a 'webgpu' engine rejects every pending and later call with DeviceLostError", async () => {
  const { calls, later, ended } = await callsDuringCrash('webgpu')
  const pending = calls.filter((ending) => ending !== 'right')
  expect(pending.length, 'calls that the crash met under way').toBeGreaterThan(0)
  expect(new Set(pending)).toEqual(new Set(['DeviceLostError']))
  expect(later).toBe('DeviceLostError')
  expect(ended).toBe('DeviceLostError')
})

test("an 'auto' engine finishes the same calls with the same bits, and has a GPU again when Chrome has", async () => {
  const { calls, later, backend, reason, ended } = await callsDuringCrash('auto')
  expect(calls.length).toBeGreaterThanOrEqual(4)
  expect(new Set(calls)).toEqual(new Set(['right']))
  expect(later).toBe('right')
  expect(ended).toBeUndefined()
  // It may have found the new GPU process while the last of the calls went on on the CPU.
  if (backend === 'cpu') expect(reason).toMatch(/device was lost \(unknown\)/)

  const recovered = await bounded(
    page.evaluate(async () => {
      const { engine } = globalThis as unknown as {
        engine: Awaited<ReturnType<typeof globalThis.library.createEngine>>
      }
      const draw = { shape: [50, 60], rate: 0.5, seed: 4 }
      while (engine.backend === 'cpu') {
        await engine.mask(draw)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const words = await engine.mask(draw)
      const expected = globalThis.library.mask(draw)
      return {
        same: words.every((word, i) => word === expected[i]),
        backend: engine.backend,
        reason: engine.fallbackReason,
        adapter: engine.adapterInfo?.architecture,
      }
    }),
    'the recovery',
  )
  expect(recovered).toEqual({ same: true, backend: 'webgpu', reason: undefined, adapter: 'swiftshader' })
})
