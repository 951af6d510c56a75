/** The uncertainty page as a person uses it. Its answers are compared with PyTorch's; test/long/page has more of them. */

import type { Page } from 'puppeteer'
import { beforeEach, describe, expect, test } from 'vitest'
import expected from '../../models/digits/expected.json'
import { samples as examples } from '../../models/digits/samples.json'
import { judgeFlags } from '../support/judge.js'
import { dots, expectPyTorch, nats, picked, seen, watchProgress } from './digits.js'
import {
  expectNothingWrong,
  layoutShift,
  open,
  scrollWidth,
  settled,
  site,
  text,
  type,
  useBrowser,
  useVisit,
} from './visit.js'

const OWN = "100 of 100 samples with this page's own forward pass on the CPU"

const address = () => site('uncertainty.html')

type Line = readonly (readonly [number, number])[]

/** Where the sheet is in the window, all of it. */
async function sheet(page: Page) {
  await page.$eval('#sheet', (node) => node.scrollIntoView({ block: 'center' }))
  const box = await (await page.$('#sheet'))?.boundingBox()
  if (!box) throw new Error('internal: the sheet is not shown')
  return box
}

/** Draws lines, in shares of the sheet. */
async function draw(page: Page, lines: readonly Line[]) {
  const box = await sheet(page)
  const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const
  for (const [first, ...rest] of lines) {
    await page.mouse.move(...at(first))
    await page.mouse.down()
    for (const point of rest) await page.mouse.move(...at(point), { steps: 2 })
    await page.mouse.up()
  }
  expect(await settled(page)).toBe('ready')
}

/** The columns of the table of answers, as a reader sees them. */
const column = (page: Page, name: string) =>
  page.$$eval(`#answers .${name}`, (cells) => cells.map((cell) => Number.parseFloat(cell.textContent ?? '')))

/** What is shown of one sample as dropped, as it is marked and as it is said. */
const dropped = (page: Page) =>
  page.evaluate(() => ({
    maps: Array.from(document.querySelectorAll('.map')).flatMap((map, i) =>
      getComputedStyle(map.querySelector('.hatch') as Element).visibility === 'visible' ? [i] : [],
    ),
    units: Array.from(document.querySelectorAll('#units g')).flatMap((unit, i) =>
      getComputedStyle(unit.querySelector('path') as Element).visibility === 'visible' ? [i] : [],
    ),
    said: document.getElementById('sample-text')?.textContent ?? '',
  }))

/** What a sample drops, from the definition of dropout. */
function definition(seed: number, step: number) {
  const zeros = (flags: Uint8Array) => Array.from(flags.keys()).filter((i) => flags[i] === 0)
  return {
    maps: zeros(judgeFlags({ shape: [1, 16], rate: 0.25, stream: 0, seed, step })),
    units: zeros(judgeFlags({ shape: [1, 48], rate: 0.5, stream: 1, seed, step })),
  }
}

const state = (page: Page) =>
  page.evaluate(() => Object.fromEntries(new URLSearchParams(location.hash.slice(1))))

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

describe("with this page's own forward pass", () => {
  const browser = useBrowser({ webgpu: true })
  const here = useVisit(browser, address)
  beforeEach(() => here().page.setViewport({ width: 1280, height: 900 }))

  test("it opens with that, on the CPU, and its numbers are PyTorch's", async () => {
    const { page } = here()
    expect(await text(page, 'progress')).toBe(OWN)
    expect(await text(page, 'badge')).toBe('CPU')
    expect(await text(page, 'verdict')).toBe(`It reads a ${examples[0].label}.`)
    await expectPyTorch(page, 0)
    const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
    expect(loaded.filter((name) => /onnxruntime|onnx-worker/.test(name))).toEqual([])
  })

  test('each sample is a dot in the row of its answer, and the numbers beside it are of the same samples', async () => {
    const { page } = here()
    const rows = await dots(page)
    const counts = rows.map((row) => Object.keys(row).length)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100)
    expect(await column(page, 'count')).toEqual(counts)
    for (const p of rows.flatMap(Object.values)) expect(p).toBeGreaterThan(0.1) // the largest of ten
    const means = await column(page, 'mean')
    expect(Math.abs(means.reduce((sum, mean) => sum + mean, 0) - 100)).toBeLessThanOrEqual(5) // whole per cents
    expect(await page.$eval('#status', (node) => node.textContent)).toContain(
      `Answers: ${examples[0].label}: ${counts[examples[0].label ?? 0]}`,
    )
  })

  test('what a sample dropped is shown and said: of the newest, of one chosen by key, of the dot pointed at', async () => {
    const { page } = here()
    const expectSample = async (step: number) => {
      const { said, ...marked } = await dropped(page)
      const { maps, units } = definition(42, step)
      expect(marked).toEqual({ maps, units })
      const names = maps.length > 0 ? ` (${maps.map((map) => map + 1).join(', ')})` : ''
      expect(said).toContain(
        `It dropped ${maps.length} of 16 feature maps${names} and ${units.length} of 48 units.`,
      )
      expect(await page.$eval('#sample', (node) => node.getAttribute('aria-valuetext'))).toBe(said)
      const rows = await dots(page)
      const digit = rows.findIndex((row) => step in row)
      expect(said).toMatch(new RegExp(`^Sample ${step + 1} reads an? ${digit} with \\d+ %`))
      expect(
        await page.$$eval('circle.chosen', (all) => all.map((dot) => Number(dot.dataset.sample))),
      ).toEqual([step])
    }
    await expectSample(99)
    await page.focus('#sample')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await expectSample(97)
    const alone = await page.$eval(
      '#answers tr:not(.best) circle:not(.chosen)',
      (dot) => (dot as SVGElement).dataset.sample,
    )
    await page.hover(`circle:not(.chosen)[data-sample="${alone}"]`)
    await expectSample(Number(alone))
    await page.keyboard.press('End')
    await expectSample(99)
    await page.tap(`circle:not(.chosen)[data-sample="${alone}"]`)
    await expectSample(Number(alone))
  })

  test('every control has a name, and focus is visible on it', async () => {
    const { page } = here()
    await page.evaluate(() => (document.activeElement as HTMLElement).blur())
    await page.evaluate(() => scrollTo(0, 0))
    const stops: string[] = []
    await page.focus('.tabs a')
    while (!stops.includes('runner') && stops.length < 40) {
      await page.keyboard.press('Tab')
      const stop = await page.evaluate(() => {
        const now = document.activeElement as HTMLElement
        const named =
          now.textContent?.trim() || now.ariaLabel || (now as HTMLInputElement).labels?.[0]?.textContent
        const outlined = [now, now.nextElementSibling].some(
          (e) => e && getComputedStyle(e).outlineStyle !== 'none',
        )
        return { id: now.getAttribute('name') || now.id || now.tagName, named: Boolean(named), outlined }
      })
      expect({ ...stop, named: true, outlined: true }).toEqual(stop)
      stops.push(stop.id)
    }
    expect(stops.slice(stops.indexOf('clear'))).toEqual([
      'clear',
      'sample',
      'example',
      'samples',
      'seed',
      'next',
      'runner',
    ])
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

  test('noise is called unlike the training digits', async () => {
    const { page } = here()
    const surest = expected.samples.mutualInformation.mean
    const noise = examples.findIndex(({ kind }, i) => kind === 'noise' && surest[i] > 0.9)
    await page.click(`[name=example][value="${noise}"]`)
    expect(await settled(page)).toBe('ready')
    expect(await text(page, 'verdict')).toBe('It may be unlike the training digits.')
  })

  test('drawn digits are brought to the form of the data, and read', async () => {
    const { page } = here()
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
    const box = await sheet(page)
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
    expect(await page.$$('circle')).toEqual([])
    expect(Math.max(...(await seen(page)))).toBe(0)
    await page.reload()
    expect(await settled(page), 'after a reload, too').toBe('blank')
  })

  test('a bad number is reported beside its field, and the result marked as out of date, until it is corrected', async () => {
    const { page } = here()
    await page.click('[name=example]')
    expect(await settled(page)).toBe('ready')
    const marked = () =>
      page.$$eval('.dated', (all) => all.map((node) => getComputedStyle(node, '::after').content !== 'none'))
    for (const [id, bad, said, good] of [
      ['samples', '0', 'from 1 to 10000', '60'],
      ['samples', 'ten', 'from 1 to 10000', '60'],
      ['seed', '-1', 'from 0 to 2^53 - 1', '7'],
      ['seed', '', 'from 0 to 2^53 - 1', '7'],
    ]) {
      expect(await type(page, id, bad), `${id} ${bad}`).toBe('error')
      expect(await text(page, `${id}-error`)).toContain(said)
      expect(await marked()).toEqual([true, true, true])
      expect(await type(page, id, good)).toBe('ready')
      expect(await text(page, `${id}-error`)).toBe('')
      expect(await marked()).toEqual([false, false, false])
    }
  })

  test('many samples are shown as they come', async () => {
    const { page } = here()
    const done = await watchProgress(page)
    expect(await type(page, 'samples', '3000')).toBe('ready')
    const last = await done()
    expect(last.length).toBeGreaterThan(1)
    expect(last.at(-1)).toBe(3000)
    const answered = await column(page, 'count')
    expect(answered.reduce((sum, count) => sum + count, 0)).toBe(3000)
    expect((await page.$$('circle:not(.chosen)')).length).toBe(1000)
    expect(await text(page, 'newest')).toContain('1000')
  })

  test('image, samples and seed are in the address: a reload and a changed address bring them back', async () => {
    const { page } = here()
    await type(page, 'samples', '60')
    await type(page, 'seed', '5')
    await page.click('[name=example][value="4"]')
    await settled(page)
    expect(await state(page)).toEqual({ example: '4', samples: '60', seed: '5', runner: 'own' })
    const before = await nats(page, 'mutual')
    await page.reload()
    expect(await settled(page)).toBe('ready')
    expect(await picked(page)).toBe(4)
    expect(await text(page, 'progress')).toContain('60 of 60 samples')
    expect(await nats(page, 'mutual')).toBe(before)

    await page.evaluate(() => {
      location.hash = '#example=2&samples=80&seed=5'
    })
    await page.waitForFunction(() => document.getElementById('progress')?.textContent?.startsWith('80 of 80'))
    expect(await picked(page)).toBe(2)
    await page.goBack()
    await page.waitForFunction(() => document.getElementById('progress')?.textContent?.startsWith('60 of 60'))
    expect(await nats(page, 'mutual')).toBe(before)

    await page.click('#clear')
    await draw(page, drawings[7])
    const pixels = await seen(page)
    await page.reload()
    expect(await settled(page)).toBe('ready')
    expect(await picked(page)).toBeUndefined()
    expect(await seen(page)).toEqual(pixels)
    expect(await text(page, 'verdict')).toBe('It reads a 7.')
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

  test('with ONNX Runtime Web the same samples give the same answers; it runs as WebAssembly where the only adapter is software, and says so and why', async () => {
    const visit = await open(browser(), `${address()}#example=15&seed=3`)
    const { page } = visit
    const own = { rows: await dots(page), mutual: await nats(page, 'mutual') }
    await page.click('#runner-onnx')
    expect(await settled(page)).toBe('ready')
    expect(await text(page, 'progress')).toBe(
      '100 of 100 samples with ONNX Runtime Web on the CPU (WebAssembly)',
    )
    expect(await text(page, 'badge')).toBe('CPU (WebAssembly)')
    expect(await text(page, 'why')).toMatch(/only a software adapter/)
    expect(await text(page, 'why'), 'a remedy for developers').not.toMatch(/executionProviders/)
    expect(await state(page)).toMatchObject({ example: '15', seed: '3', runner: 'onnx' })
    expect(await nats(page, 'mutual')).toBeCloseTo(own.mutual, 3)
    const rows = await dots(page)
    rows.forEach((row, digit) => {
      expect(Object.keys(row)).toEqual(Object.keys(own.rows[digit]))
      for (const [sample, p] of Object.entries(row)) expect(p).toBeCloseTo(own.rows[digit][Number(sample)], 3)
    })
    await page.click('#runner-own')
    expect(await settled(page)).toBe('ready')
    expect(await text(page, 'progress')).toBe(OWN)
    expect(await text(page, 'badge')).toBe('CPU')
    expect(await page.$eval('#why-row', (row) => (row as HTMLElement).hidden)).toBe(true)
    expectNothingWrong(visit)
    await page.close()
  })
})

describe('a file that cannot be loaded', () => {
  const browser = useBrowser({ webgpu: false })

  /** A built file has a hash in its name. */
  async function openWithout(file: RegExp, hash: string) {
    const page = await browser().newPage()
    await page.evaluateOnNewDocument((source) => {
      const file = new RegExp(source)
      const { fetch } = globalThis
      globalThis.fetch = async (address, options) =>
        file.test(String(address)) ? new Response(null, { status: 404 }) : fetch(address, options)
    }, file.source)
    await page.goto(address() + hash)
    return page
  }

  test('the weights: reported on the page', async () => {
    const page = await openWithout(/weights-.*\.bin$/, '')
    expect(await settled(page)).toBe('error')
    expect(await text(page, 'run-error')).toContain('404')
    expect(await text(page, 'verdict')).toBe('The network could not be loaded.')
  })

  test("ONNX Runtime Web: reported beside the choice, and this page's own forward pass runs", async () => {
    const page = await openWithout(/digits-.*\.onnx$/, '#runner=onnx')
    await page.waitForFunction((done) => document.getElementById('progress')?.textContent === done, {}, OWN)
    expect(await text(page, 'runner-error')).toContain('404')
    expect(await page.$eval('#runner-own', (radio) => (radio as HTMLInputElement).checked)).toBe(true)
    await expectPyTorch(page, 0)
  })
})
