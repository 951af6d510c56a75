/** Memory of the page: what a call was given and gave goes when the caller lets go of it. */

import type { Browser, Page } from 'puppeteer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bounded } from '../support/bounded.js'
import { launchBrowser, type Served } from '../support/browser.js'
import { serveBuilt } from '../support/built.js'

let site: Served
let browser: Browser
let page: Page

beforeAll(async () => {
  site = await serveBuilt({ page: 'library' })
  browser = await launchBrowser({ webgpu: true })
  page = await browser.newPage()
  await page.goto(site.url)
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

/** How many of the objects that `refs` names are alive after a garbage collection. */
async function alive(): Promise<number> {
  const session = await page.createCDPSession()
  await session.send('HeapProfiler.collectGarbage')
  await session.send('HeapProfiler.collectGarbage')
  return page.evaluate(() => {
    const { refs } = globalThis as unknown as { refs: WeakRef<object>[] }
    return refs.filter((ref) => ref.deref() !== undefined).length
  })
}

test.each(['webgpu', 'cpu'] as const)(
  "an engine keeps no input and no result of its calls: '%s'",
  async (backend) => {
    const held = await bounded(
      page.evaluate(async (backend) => {
        const { createEngine } = globalThis.library
        const engine = await createEngine({ backend })
        const refs: WeakRef<object>[] = []
        const keep: Float32Array[] = []
        for (let step = 0; step < 100; step++) {
          const x = new Float32Array(1000)
          const y = await engine.dropout(x, { shape: [1000], rate: 0.5, seed: 1, step })
          const words = await engine.mask({ shape: [1000], rate: 0.5, seed: 1, step })
          const refused = await engine.dropout(x, { shape: [1], rate: 0.5, seed: 1 }).catch((error) => error)
          refs.push(new WeakRef(x), new WeakRef(y), new WeakRef(words), new WeakRef(refused))
          if (step < 3) keep.push(y)
        }
        Object.assign(globalThis, { engine, refs, keep })
        return keep.length
      }, backend),
    )
    expect(await alive(), 'only those that the page itself keeps').toBe(held)
  },
)
