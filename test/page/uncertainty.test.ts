/** The uncertainty page as a person uses it. Its answers are compared with PyTorch's; test/long/page has more of them. */

import type { Page } from 'puppeteer'
import { beforeEach, describe, expect, test } from 'vitest'
import expected from '../../models/digits/expected.json'
import { samples as examples } from '../../models/digits/samples.json'
import { launchBrowser, pretendHardware } from '../support/browser.js'
import { expectPyTorch, nats, picked } from './digits.js'
import {
  expectNothingWrong,
  layoutShift,
  open,
  scrollWidth,
  settled,
  text,
  type,
  useBrowser,
  useSite,
  useVisit,
} from './visit.js'

const site = useSite()
const address = () => site('uncertainty.html')

type Line = readonly (readonly [number, number])[]

/** Draws lines, in shares of the sheet. */
async function draw(page: Page, lines: readonly Line[]) {
  const box = await (await page.$('#sheet'))?.boundingBox()
  if (!box) throw new Error('internal: the sheet is not shown')
  const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const
  for (const [first, ...rest] of lines) {
    await page.mouse.move(...at(first))
    await page.mouse.down()
    for (const point of rest) await page.mouse.move(...at(point), { steps: 2 })
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
  const browser = useBrowser({ webgpu: true })

  test('it reads a digit and does not know noise, names the backend, and shows samples as they come', async () => {
    const visit = await open(browser(), address(), { before: pretendHardware })
    const { page } = visit
    expect(await text(page, 'progress')).toBe('100 of 100 samples on WebGPU (SwiftShader)')
    expect(await text(page, 'badge')).toBe('WebGPU (SwiftShader)')
    expect(await text(page, 'verdict')).toBe(`It reads a ${examples[0].label}.`)
    expect(await page.$$eval('.plot svg[role=img]', (plots) => plots.length)).toBe(2)
    await expectPyTorch(page, 0)
    await type(page, 'samples', '200') // enough to be seen coming on a fast machine
    await page.$eval('#progress', (node) => {
      const counts: number[] = []
      Object.assign(globalThis, { counts })
      new MutationObserver(() => counts.push(Number((node as HTMLElement).dataset.done))).observe(node, {
        attributes: true,
      })
    })
    const surest = expected.samples.mutualInformation.mean
    const noise = examples.findIndex(({ kind }, i) => kind === 'noise' && surest[i] > 0.9)
    await page.click(`[name=example][value="${noise}"]`)
    expect(await settled(page)).toBe('ready')
    expect(await text(page, 'verdict')).toBe('It does not know this.')
    const counts: number[] = await page.evaluate(() => Reflect.get(globalThis, 'counts'))
    expect(counts.length).toBeGreaterThan(1)
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    expect(counts.at(-1)).toBe(200)
    await page.waitForFunction(() =>
      document.getElementById('status')?.textContent?.endsWith('200 of 200 samples on WebGPU (SwiftShader)'),
    )
    expectNothingWrong(visit)
  })

  test('where the only adapter is software it runs as WebAssembly, which is faster, and says so and why', async () => {
    const visit = await open(browser(), address())
    const { page } = visit
    expect(await text(page, 'progress')).toBe('100 of 100 samples on the CPU (WebAssembly)')
    expect(await text(page, 'why')).toMatch(/software/)
    await expectPyTorch(page, 0)
    expectNothingWrong(visit)
  })
})

describe('without WebGPU', () => {
  const browser = useBrowser({ webgpu: false })
  const here = useVisit(browser, address)
  beforeEach(() => here().page.setViewport({ width: 1280, height: 900 }))

  test("it runs as WebAssembly, says so and why, and its numbers are PyTorch's", async () => {
    const { page } = here()
    expect(await text(page, 'progress')).toBe('100 of 100 samples on the CPU (WebAssembly)')
    expect(await text(page, 'badge')).toBe('CPU, without WebGPU')
    expect(await text(page, 'why')).toMatch(/adapter|WebGPU/i)
    await expectPyTorch(page, 0)
  })

  test('every control has a name, and focus is visible on it', async () => {
    const { page } = here()
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
    expect(stops).toEqual(['A', 'A', 'A', 'clear', 'example', 'samples', 'seed', 'next'])
  })

  test('the same seed repeats the numbers, another seed does not', async () => {
    const { page } = here()
    const first = await nats(page, 'mutual')
    await page.click('#next')
    await settled(page)
    expect(await page.$eval('#seed', (node) => (node as HTMLInputElement).value)).toBe('43')
    expect(await nats(page, 'mutual')).not.toBe(first)
    await type(page, 'seed', '42')
    expect(await nats(page, 'mutual')).toBe(first)
  })

  test('arrow keys move through the examples', async () => {
    const { page } = here()
    await page.click('[name=example]')
    await page.keyboard.press('ArrowRight')
    expect(await settled(page)).toBe('ready')
    expect(await picked(page)).toBe(1)
    await expectPyTorch(page, 1)
  })

  test('drawn digits are brought to the form of the data, and read', async () => {
    const { page } = here()
    expect(await type(page, 'samples', '30')).toBe('ready')
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
    await here().page.click('#clear')
    const { page } = here()
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

  test('a bad number is reported beside its field until it is corrected', async () => {
    await here().page.click('[name=example]')
    const { page } = here()
    for (const [id, bad, said, good] of [
      ['samples', '0', 'from 1 to 10000', '10'],
      ['samples', 'ten', 'from 1 to 10000', '10'],
      ['seed', '-1', '2^53', '7'],
      ['seed', '', 'empty', '7'],
    ]) {
      expect(await type(page, id, bad), `${id} ${bad}`).toBe('error')
      expect(await text(page, `${id}-error`)).toContain(said)
      expect(await type(page, id, good)).toBe('ready')
      expect(await text(page, `${id}-error`)).toBe('')
    }
  })

  test('a narrow window has no horizontal scroll, with an answer and without', async () => {
    const { page } = here()
    await page.setViewport({ width: 390, height: 900 })
    expect(await scrollWidth(page)).toBeLessThanOrEqual(390)
    await page.click('#clear')
    expect(await scrollWidth(page)).toBeLessThanOrEqual(390)
    await draw(page, drawings[7])
    await page.setViewport({ width: 320, height: 640 })
    expect(await scrollWidth(page)).toBeLessThanOrEqual(320)
  })

  test('nothing moves while it loads', async () => {
    expect(await layoutShift(browser(), address(), 1280)).toBeLessThan(0.01)
  })

  test('the tabs lead to the other pages and back', async () => {
    const { page } = here()
    await Promise.all([page.waitForNavigation(), page.click('.tabs a:last-child')])
    await page.waitForSelector('#bench[data-state=ready]')
    await Promise.all([page.waitForNavigation(), page.click('.tabs a:nth-child(3)')])
    expect(await settled(page)).toBe('ready')
  })
})

test('a network that cannot be loaded is reported on the page', async () => {
  const browser = await launchBrowser({ webgpu: false })
  try {
    const page = await browser.newPage()
    await page.setRequestInterception(true)
    page.on('request', (request) => {
      void (request.url().endsWith('digits.onnx') ? request.respond({ status: 404 }) : request.continue())
    })
    await page.goto(address())
    expect(await settled(page)).toBe('error')
    expect(await text(page, 'run-error')).toContain('404')
    expect(await text(page, 'verdict')).toBe('The network could not be loaded.')
  } finally {
    await browser.close()
  }
})
