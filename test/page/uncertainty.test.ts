/** The uncertainty page as a person meets it: what it says of a digit is held to PyTorch, not to the page. */

import type { Browser, Page } from 'puppeteer'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import expected from '../../models/digits/expected.json'
import samples from '../../models/digits/samples.json'
import { launchBrowser, type Served, servePage, watch } from '../support/browser.js'

let served: Served

beforeAll(async () => {
  served = await servePage()
})

afterAll(() => served?.close())

async function visit(browser: Browser, width = 1280) {
  const page = await browser.newPage()
  const wrong = watch(page, served.url)
  await page.setViewport({ width, height: 900 })
  await page.goto(`${served.url}uncertainty.html`)
  await settled(page)
  return { page, wrong }
}

/** Waits until the digit that is there has been read (or something is told to be wrong). */
async function settled(page: Page): Promise<string> {
  const main = await page.waitForSelector('#uncertainty:not([data-state=busy])')
  return (await main?.evaluate((node) => (node as HTMLElement).dataset.state)) ?? ''
}

const text = (page: Page, id: string) => page.$eval(`#${id}`, (node) => node.textContent?.trim() ?? '')
const nats = async (page: Page, id: string) =>
  Number(await page.$eval(`#${id}`, (node) => (node as HTMLElement).dataset.value))
const width = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth)

async function type(page: Page, id: string, what: string) {
  await page.click(`#${id}`, { count: 3 })
  await page.keyboard.press('Backspace')
  await page.keyboard.type(what)
  return settled(page)
}

/** Which sample is picked, by its place in samples.json; undefined where none is. */
const picked = (page: Page) =>
  page.$$eval('[name=sample]', (all) => {
    const radio = all.find((each) => (each as HTMLInputElement).checked) as HTMLInputElement | undefined
    return radio && Number(radio.value)
  })

/** What is shown for a sample lies within 5 standard deviations of 1000 experiments in PyTorch (their largest: 4.6). */
async function expectPyTorch(page: Page, sample: number) {
  const { predictiveEntropy, expectedEntropy, mutualInformation } = expected.samples
  const measures = { predictive: predictiveEntropy, expected: expectedEntropy, mutual: mutualInformation }
  for (const [id, { mean, sd }] of Object.entries(measures)) {
    const far = Math.abs((await nats(page, id)) - mean[sample]) / sd[sample]
    expect(far, `${id} of sample ${sample}, in standard deviations`).toBeLessThan(5)
  }
}

type Line = readonly (readonly [number, number])[]

/** Draws lines, in shares of the sheet. */
async function draw(page: Page, lines: readonly Line[]) {
  const box = await (await page.$('#sheet'))?.boundingBox()
  if (!box) throw new Error('internal: the sheet is not shown')
  const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const
  for (const [first, ...rest] of lines) {
    await page.mouse.move(...at(first))
    await page.mouse.down()
    for (const point of rest) await page.mouse.move(...at(point), { steps: 5 })
    await page.mouse.up()
  }
  expect(await settled(page)).toBe('ready')
}

/** The pixels that the network sees, 0 to 16. */
const seen = (page: Page) =>
  page.$eval('#seen', (node) => {
    const canvas = node as HTMLCanvasElement
    const data = canvas.getContext('2d')?.getImageData(0, 0, 8, 8).data ?? []
    return Array.from({ length: 64 }, (_, i) => Math.round(16 * (1 - data[i * 4] / 255)))
  })

const oval = (x: number, y: number, rx: number, ry: number): Line =>
  Array.from({ length: 17 }, (_, i) => {
    const angle = (i / 16) * 2 * Math.PI - Math.PI / 2
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)] as const
  })

/** In various sizes and places: the page brings them to one. */
const drawings: Record<string, readonly Line[]> = {
  0: [oval(0.5, 0.5, 0.22, 0.36)],
  1: [
    [
      [0.3, 0.4],
      [0.45, 0.25],
      [0.45, 0.75],
    ],
  ],
  3: [
    [
      [0.3, 0.25],
      [0.45, 0.15],
      [0.65, 0.2],
      [0.65, 0.38],
      [0.45, 0.48],
      [0.66, 0.55],
      [0.7, 0.75],
      [0.5, 0.87],
      [0.28, 0.78],
    ],
  ],
  4: [
    [
      [0.6, 0.5],
      [0.45, 0.7],
      [0.8, 0.7],
    ],
    [
      [0.72, 0.6],
      [0.7, 0.9],
    ],
  ],
  7: [
    [
      [0.1, 0.1],
      [0.5, 0.1],
      [0.25, 0.75],
    ],
    [
      [0.18, 0.42],
      [0.48, 0.42],
    ],
  ],
}

describe('with WebGPU', () => {
  let browser: Browser
  let here: Awaited<ReturnType<typeof visit>>

  beforeAll(async () => {
    browser = await launchBrowser({ webgpu: true })
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    const { page, wrong } = here
    await page.close()
    expect(wrong, 'errors and requests to other hosts').toEqual([])
  })

  test('it reads a digit, says on which backend, and shows passes as they come', async () => {
    here = await visit(browser)
    const { page } = here
    expect(await text(page, 'progress')).toBe('100 of 100 passes on WebGPU (SwiftShader)')
    expect(await text(page, 'badge')).toBe('WebGPU (SwiftShader)')
    expect(await text(page, 'verdict')).toBe(`It reads a ${samples.samples[0].label}.`)
    expect(await page.$$eval('.plot svg[role=img]', (plots) => plots.length)).toBe(2)
    await page.$eval('#progress', (node) => {
      const counts: number[] = []
      Object.assign(globalThis, { counts })
      new MutationObserver(() => counts.push(Number((node as HTMLElement).dataset.done))).observe(node, {
        attributes: true,
      })
    })
    expect(await type(page, 'passes', '1000')).toBe('ready')
    expect(await text(page, 'progress')).toBe('1000 of 1000 passes on WebGPU (SwiftShader)')
    const counts: number[] = await page.evaluate(() => Reflect.get(globalThis, 'counts'))
    const last = counts.slice(counts.findLastIndex((count, i) => count < (counts[i - 1] ?? Infinity)))
    expect(last.length).toBeGreaterThan(2)
    expect(last.at(-1)).toBe(1000)
    await page.waitForFunction(() =>
      document.getElementById('status')?.textContent?.endsWith('1000 of 1000 passes on WebGPU (SwiftShader)'),
    )
  })

  test('arrow keys go through the samples; what is said of each is what PyTorch says', async () => {
    here = await visit(browser)
    const { page } = here
    await page.focus('[name=sample]')
    for (let sample = 1; sample < samples.samples.length; sample++) {
      await page.keyboard.press('ArrowRight')
      if (sample % 6 !== 5) continue
      expect(await settled(page)).toBe('ready')
      expect(await picked(page)).toBe(sample)
      await expectPyTorch(page, sample)
      const unknown = (await nats(page, 'mutual')) > samples.usual.mutualInformation
      expect((await text(page, 'verdict')) === 'It does not know this.').toBe(unknown)
    }
  })

  test('noise it does not know, a plain digit it does', async () => {
    here = await visit(browser)
    const { page } = here
    const surest = expected.samples.mutualInformation.mean
    const plain = samples.samples.findIndex(({ kind }, i) => kind === 'digit' && surest[i] < 0.2)
    const noise = samples.samples.findIndex(({ kind }, i) => kind === 'noise' && surest[i] > 0.9)
    for (const [sample, verdict] of [
      [noise, 'It does not know this.'],
      [plain, `It reads a ${samples.samples[plain].label}.`],
    ] as const) {
      await page.click(`[name=sample][value="${sample}"]`)
      await settled(page)
      expect(await text(page, 'verdict')).toBe(verdict)
    }
  })

  test('a narrow window has no horizontal scroll, with an answer and without', async () => {
    here = await visit(browser, 390)
    const { page } = here
    expect(await width(page)).toBeLessThanOrEqual(390)
    await draw(page, drawings[7])
    await page.click('#clear')
    expect(await width(page)).toBeLessThanOrEqual(390)
    await page.setViewport({ width: 320, height: 640 })
    expect(await width(page)).toBeLessThanOrEqual(320)
  })
})

describe('without WebGPU', () => {
  let browser: Browser
  let here: Awaited<ReturnType<typeof visit>>

  beforeAll(async () => {
    browser = await launchBrowser({ webgpu: false })
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    const { page, wrong } = here
    await page.close()
    expect(wrong, 'errors and requests to other hosts').toEqual([])
  })

  test('it runs as WebAssembly, says so and why, and says what PyTorch says', async () => {
    here = await visit(browser)
    const { page } = here
    expect(await text(page, 'progress')).toBe('100 of 100 passes on the CPU (WebAssembly)')
    expect(await text(page, 'badge')).toBe('CPU, without WebGPU')
    expect(await text(page, 'why')).toMatch(/adapter|WebGPU/i)
    await expectPyTorch(page, 0)
  })

  test('drawn digits are brought to the form of the data, and read', async () => {
    here = await visit(browser)
    const { page } = here
    for (const [digit, lines] of Object.entries(drawings)) {
      await page.click('#clear')
      await draw(page, lines)
      expect(await picked(page)).toBeUndefined()
      const pixels = await seen(page)
      const rows = Array.from({ length: 8 }, (_, row) => Math.max(...pixels.slice(row * 8, row * 8 + 8)))
      expect(Math.min(...rows), `${digit} fills the height`).toBeGreaterThan(2)
      const outer = pixels.filter((_, i) => i % 8 === 0 || i % 8 === 7).reduce((sum, ink) => sum + ink, 0)
      expect(outer, `the outer columns of ${digit} are all but empty`).toBeLessThan(16)
      const ink = pixels.reduce((sum, pixel) => sum + pixel, 0)
      expect(Math.abs(ink - 312), `${digit} has as much ink as the digits of the set`).toBeLessThan(30)
      expect(await text(page, 'verdict')).toBe(`It reads a ${digit}.`)
    }
  })

  test('a finger draws too; Clear empties the sheet, and the answer with it', async () => {
    here = await visit(browser)
    const { page } = here
    const box = await (await page.$('#sheet'))?.boundingBox()
    if (!box) throw new Error('internal: the sheet is not shown')
    const at = (share: number) => [box.x + box.width / 2, box.y + box.height * share] as const
    await page.touchscreen.touchStart(...at(0.2))
    for (let share = 0.25; share < 0.8; share += 0.05) await page.touchscreen.touchMove(...at(share))
    await page.touchscreen.touchEnd()
    expect(await settled(page)).toBe('ready')
    expect(await text(page, 'verdict')).toBe('It reads a 1.')
    await page.focus('#clear')
    await page.keyboard.press('Enter')
    expect(await settled(page)).toBe('blank')
    expect(await text(page, 'verdict')).toBe('Draw a digit, or pick one.')
    expect(await text(page, 'progress')).toBe('')
    expect(Math.max(...(await seen(page)))).toBe(0)
  })

  test('a seed gives the same numbers again, and another seed others', async () => {
    here = await visit(browser)
    const { page } = here
    const first = await nats(page, 'mutual')
    await page.click('#next')
    await settled(page)
    expect(await page.$eval('#seed', (node) => (node as HTMLInputElement).value)).toBe('43')
    expect(await nats(page, 'mutual')).not.toBe(first)
    await type(page, 'seed', '42')
    expect(await nats(page, 'mutual')).toBe(first)
  })

  test('a bad number is told beside its field, and quiet once it is right', async () => {
    here = await visit(browser)
    const { page } = here
    for (const [id, bad, said, good] of [
      ['passes', '0', 'from 1 to 10000', '10'],
      ['passes', 'ten', 'from 1 to 10000', '10'],
      ['seed', '-1', '2^53', '7'],
      ['seed', '', 'empty', '7'],
    ]) {
      expect(await type(page, id, bad), `${id} ${bad}`).toBe('error')
      expect(await text(page, `${id}-error`)).toContain(said)
      expect(await type(page, id, good)).toBe('ready')
      expect(await text(page, `${id}-error`)).toBe('')
    }
  })

  test('every control has a name, focus is seen on it, and the tabs lead to the other pages and back', async () => {
    here = await visit(browser)
    const { page } = here
    const stops: string[] = []
    while (!stops.includes('next') && stops.length < 20) {
      await page.keyboard.press('Tab')
      const stop = await page.evaluate(() => {
        const now = document.activeElement as HTMLElement
        const named =
          now.textContent?.trim() || now.ariaLabel || (now as HTMLInputElement).labels?.[0]?.textContent
        const outlined = [now, now.nextElementSibling].some(
          (e) => e && getComputedStyle(e).outlineStyle !== 'none',
        )
        return { id: now.id || now.getAttribute('name') || now.tagName, named: Boolean(named), outlined }
      })
      expect({ ...stop, named: true, outlined: true }).toEqual(stop)
      stops.push(stop.id)
    }
    expect(stops).toEqual(['A', 'A', 'A', 'clear', 'sample', 'passes', 'seed', 'next'])
    await Promise.all([page.waitForNavigation(), page.click('.tabs a:last-child')])
    await page.waitForSelector('#bench[data-state=ready]')
    await Promise.all([page.waitForNavigation(), page.click('.tabs a:nth-child(2)')])
    expect(await settled(page)).toBe('ready')
  })
})

test('a network that cannot be loaded is told on the page', async () => {
  const browser = await launchBrowser({ webgpu: false })
  try {
    const page = await browser.newPage()
    await page.setRequestInterception(true)
    page.on('request', (request) => {
      void (request.url().endsWith('digits.onnx') ? request.respond({ status: 404 }) : request.continue())
    })
    await page.goto(`${served.url}uncertainty.html`)
    expect(await settled(page)).toBe('error')
    expect(await text(page, 'run-error')).toContain('404')
    expect(await text(page, 'verdict')).toBe('The network could not be loaded.')
  } finally {
    await browser.close()
  }
})
