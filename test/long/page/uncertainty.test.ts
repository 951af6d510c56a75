/** The uncertainty page with ONNX Runtime Web on a software GPU, example by example: what it says of each is what PyTorch says. */

import { expect, test } from 'vitest'
import { samples as examples, usual } from '../../../models/digits/samples.json'
import {
  dots,
  expectPyTorch,
  nats,
  picked,
  pretendHardwareInWorkers,
  seen,
  watchProgress,
} from '../../page/digits.js'
import { open, settled, site, text, type, useBrowser, useVisit } from '../../page/visit.js'
import { launchBrowser } from '../../support/browser.js'

const here = useVisit(useBrowser({ webgpu: true }), () => `${site('uncertainty.html')}#runner=onnx`, {
  before: pretendHardwareInWorkers,
})

test('arrow keys move through the examples, and the numbers are those of PyTorch', async () => {
  const { page } = here()
  await page.focus('[name=example]')
  for (let example = 1; example < examples.length; example++) {
    await page.keyboard.press('ArrowRight')
    if (example % 6 !== 5) continue
    expect(await settled(page)).toBe('ready')
    expect(await picked(page)).toBe(example)
    await expectPyTorch(page, example)
    const unlike = (await nats(page, 'mutual')) > usual.mutualInformation
    expect((await text(page, 'verdict')) === 'It may be unlike the training digits.').toBe(unlike)
  }
})

test('1000 samples are shown as they come', async () => {
  const { page } = here()
  const done = await watchProgress(page)
  expect(await type(page, 'samples', '1000')).toBe('ready')
  expect(await text(page, 'progress')).toBe(
    '1000 of 1000 samples with ONNX Runtime Web on WebGPU (SwiftShader)',
  )
  const last = await done()
  expect(last.length).toBeGreaterThan(2)
  expect(last.at(-1)).toBe(1000)
})

test('it goes on when the GPU is lost', async () => {
  const browser = await launchBrowser({ webgpu: true })
  try {
    const samples = 20 // a software GPU needs long for more
    const { page } = await open(
      browser,
      `${site('uncertainty.html')}#example=15&samples=${samples}&runner=onnx`,
      {
        before: pretendHardwareInWorkers,
      },
    )
    expect(await text(page, 'progress')).toBe(
      `${samples} of ${samples} samples with ONNX Runtime Web on WebGPU (SwiftShader)`,
    )
    expect(await text(page, 'badge')).toBe('WebGPU (SwiftShader)')
    const before = await nats(page, 'mutual')
    expect(before).toBeGreaterThan(0.1)

    await page.evaluate(() => {
      const said: string[] = []
      const stale: boolean[] = []
      Object.assign(globalThis, { said, stale })
      const status = document.getElementById('status') as HTMLElement
      new MutationObserver(() => said.push(status.textContent ?? '')).observe(status, { childList: true })
      const main = document.querySelector('main') as HTMLElement
      new MutationObserver(() => stale.push('stale' in main.dataset)).observe(main, {
        attributeFilter: ['data-stale'],
      })
    })
    const session = await browser.target().createCDPSession()
    await session.send('Browser.crashGpuProcess').catch(() => {}) // it is no longer there to answer
    // A busy machine with a software GPU needs long for another session.
    await page.waitForFunction(() => Reflect.get(globalThis, 'stale').at(-1) === false, { timeout: 300_000 })
    const said: string[] = await page.evaluate(() => Reflect.get(globalThis, 'said'))
    expect(said[0]).toMatch(/^The GPU was lost/)
    expect(await page.evaluate(() => Reflect.get(globalThis, 'stale')[0])).toBe(true)
    expect(await settled(page)).toBe('ready')
    // Chrome may have a new GPU process by now, or not yet.
    const badge = await text(page, 'badge')
    expect(['WebGPU (SwiftShader)', 'CPU (WebAssembly)']).toContain(badge)
    expect(await text(page, 'progress')).toMatch(
      badge.startsWith('CPU') ? /the CPU \(WebAssembly\)$/ : /WebGPU \(SwiftShader\)$/,
    )
    expect(await nats(page, 'mutual')).toBeCloseTo(before, 3)
    expect((await dots(page)).flatMap(Object.keys).length).toBe(samples)
    expect((await seen(page)).filter((ink) => ink > 0).length).toBeGreaterThan(10)
  } finally {
    await browser.close()
  }
})
