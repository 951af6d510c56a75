/** The picture page as a person uses it: served as by `npm start`, in a real browser, with and without WebGPU. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEngine, resolveNoiseShape, unpackMask } from 'noiseshape'
import { mask } from 'noiseshape/cpu'
import type { ElementHandle, Page } from 'puppeteer'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
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
  type Visit,
} from './visit.js'

const site = useSite()
const address = () => site('picture.html')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'noiseshape-page-'))
})

afterAll(async () => {
  if (folder) await rm(folder, { recursive: true })
})

const typed = (page: Page, id: string) => page.$eval(`#${id}`, (node) => (node as HTMLInputElement).value)
const value = (page: Page, id: string) => page.$eval(`#${id}`, (node) => (node as HTMLElement).dataset.value)
const count = async (page: Page, id: string) => Number(await value(page, id))

async function choose(page: Page, pattern: string) {
  await page.click(`[name=pattern][value=${pattern}]`)
  expect(await settled(page)).toBe('ready')
}

/** As the page is when it is opened, but for the focus. */
async function startOver(page: Page) {
  await page.setViewport({ width: 1360, height: 900 })
  if (await page.$('#own:not([hidden])')) await page.click('#back')
  await page.waitForSelector('#credit:not([hidden])')
  await page.evaluate((start) => {
    ;(document.querySelector('[value=dropout]') as HTMLElement).click() // a real click would move the focus
    for (const [id, value] of Object.entries(start)) {
      const field = document.getElementById(id) as HTMLInputElement
      field.value = value
      field.dispatchEvent(new Event('input', { bubbles: true }))
    }
  }, START)
  expect(await settled(page)).toBe('ready')
}

const START = { shape: '[256, 384, 3]', rate: '0.2', seed: '42', stream: '0', step: '0' }

/** A hash of the pixels of a canvas: bringing all of them here takes a second. */
const picture = (page: Page, id: string) =>
  page.$eval(`#${id}`, async (node) => {
    const canvas = node as HTMLCanvasElement
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
      0,
      0,
      canvas.width,
      canvas.height,
    )
    return [...new Uint8Array(await crypto.subtle.digest('SHA-256', data))].join()
  })

/** The library's counts for the settings that the page shows. */
async function library(page: Page) {
  const shape = JSON.parse(await typed(page, 'shape')) as number[]
  const noise = await typed(page, 'noise')
  const noiseShape = resolveNoiseShape(shape, noise ? JSON.parse(noise) : null)
  const cells = noiseShape.reduce((product, size) => product * size, 1)
  const [rate, stream] = [Number(await typed(page, 'rate')), Number(await typed(page, 'stream'))]
  const [seed, step] = [BigInt(await typed(page, 'seed')), BigInt(await typed(page, 'step'))]
  const flags = unpackMask(mask({ shape, noiseShape, rate, seed, stream, step }), cells)
  return { cells, kept: flags.reduce((sum, flag) => sum + flag, 0) }
}

async function expectLibraryCounts(page: Page) {
  const { cells, kept } = await library(page)
  expect({ cells: await count(page, 'cells'), kept: await count(page, 'kept') }).toEqual({ cells, kept })
  return kept
}

/** A 40 x 24 PNG without a zero in it, as bytes. */
async function smallPicture(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const canvas = new OffscreenCanvas(40, 24)
    const pen = canvas.getContext('2d')
    for (let x = 0; x < 40; x++) {
      if (pen) pen.fillStyle = `rgb(${60 + 4 * x}, ${250 - 5 * x}, 120)`
      pen?.fillRect(x, 0, 1, 24)
    }
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())]
  })
}

async function upload(page: Page, name: string, bytes: number[] | string) {
  const path = join(folder, name)
  await writeFile(path, typeof bytes === 'string' ? bytes : Uint8Array.from(bytes))
  await ((await page.$('#file')) as ElementHandle<HTMLInputElement>).uploadFile(path)
}

async function shows(page: Page, id: string, part: string) {
  await page.waitForFunction(
    (id, part) => document.getElementById(id)?.textContent?.includes(part),
    {},
    id,
    part,
  )
  await settled(page)
}

describe('with WebGPU', () => {
  const browser = useBrowser({ webgpu: true })
  let here: Visit | undefined

  afterEach(async () => {
    await here?.page.close()
    if (here) expectNothingWrong(here)
  })

  test('it runs on WebGPU, names the adapter, and finds the same bits on GPU and CPU', async () => {
    here = await open(browser(), address())
    const { page } = here
    expect(await value(page, 'backend')).toBe('webgpu')
    expect(await text(page, 'adapter')).not.toBe('')
    expect(await value(page, 'bits')).toBe('same')
    expect(await text(page, 'bits')).toBe('identical bits: 294,912 of 294,912')
    expect(await count(page, 'elements')).toBe(256 * 384 * 3)
    expect(await text(page, 'credit')).toMatch(/danielbuechele.*CC BY 2\.0/s)
    await expectLibraryCounts(page)
    await page.waitForFunction(() =>
      document.getElementById('status')?.textContent?.startsWith('WebGPU kept'),
    )
  })

  test.each([1360, 1000, 390])('nothing moves while it loads, %i pixels wide', async (width) => {
    here = undefined
    expect(await layoutShift(browser(), address(), width)).toBeLessThan(0.01)
  })

  test('every pattern gives the same bits and the counts of the library, and its code gives the same zeros', async () => {
    here = await open(browser(), address())
    const { page } = here
    await upload(page, 'small.png', await smallPicture(page))
    await shows(page, 'own-name', 'small.png')
    const ids = await page.$$eval('[name=pattern]', (radios) =>
      radios.map((radio) => (radio as HTMLInputElement).value),
    )
    expect(ids).toHaveLength(11)
    const engine = await createEngine({ backend: 'cpu' })
    for (const id of ids) {
      await choose(page, id)
      expect(await value(page, 'bits'), id).toBe('same')
      await expectLibraryCounts(page)
      const body = (await text(page, 'code')).replace(/^import.*$/m, '')
      const x = new Float32Array(await count(page, 'elements')).fill(1)
      const run = new Function('createEngine', 'x', `return (async () => {${body}\nreturn y})()`)
      const y: Float32Array = await run(async () => engine, x)
      expect(y.filter((v) => v === 0).length, id).toBe(await count(page, 'zeros'))
    }
    await type(page, 'rate', '1')
    expect(await value(page, 'bits')).toBe('same')
    engine.destroy()
  })
})

describe('without WebGPU', () => {
  const browser = useBrowser({ webgpu: false })
  const here = useVisit(browser, address)
  beforeEach(() => startOver(here().page))

  test('the keyboard alone reaches everything in order, with visible focus, and the arrow keys change the rate', async () => {
    const { page } = here()
    const stops: string[] = []
    while (stops.at(-1) !== 'copy' && stops.length < 30) {
      await page.keyboard.press('Tab')
      const stop = await page.evaluate(() => {
        const now = document.activeElement as HTMLElement
        const outlined = [now, now.nextElementSibling].some(
          (e) => e && getComputedStyle(e).outlineStyle !== 'none',
        )
        return { name: now.id || now.getAttribute('name') || now.tagName, outlined }
      })
      expect(stop.outlined, `focus is visible on ${stop.name}`).toBe(true)
      stops.push(stop.name)
      if (stop.name !== 'rate-slider') continue
      await page.keyboard.press('ArrowRight')
      await settled(page)
      expect(await typed(page, 'rate')).toBe('0.21')
      await expectLibraryCounts(page)
    }
    const settings = [
      'shape',
      'noise',
      'rate-slider',
      'rate',
      'seed',
      'stream',
      'step',
      'next',
      'scaled',
      'copy',
    ]
    expect(stops).toEqual(['A', 'A', 'A', 'file', 'A', 'A', 'pattern', ...settings])
  })

  test('it works on the CPU, says so and why, and draws the masks of the library', async () => {
    const { page } = here()
    expect(await value(page, 'backend')).toBe('cpu')
    expect(await text(page, 'badge')).toContain('CPU')
    expect(await text(page, 'adapter-title')).toBe('Why not WebGPU')
    expect(await text(page, 'adapter')).toMatch(/adapter|WebGPU/)
    expect(await value(page, 'bits')).toBe('none')
    for (const pattern of ['dropout', 'patches', 'spatial2d']) {
      await choose(page, pattern)
      await expectLibraryCounts(page)
    }
  })

  test('the result is the picture where the mask is lit, and black elsewhere', async () => {
    const { page } = here()
    await type(page, 'rate', '0.5')
    for (const pattern of ['dropout', 'patches', 'spatial2d-first']) {
      await choose(page, pattern)
      const { off, levels } = await page.evaluate(() => {
        const [before, after, lit] = ['before', 'after', 'mask'].map((id) => {
          const canvas = document.getElementById(id) as HTMLCanvasElement
          return (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
            0,
            0,
            canvas.width,
            canvas.height,
          ).data
        })
        const off = after.findIndex((now, i) => Math.abs(now - (lit[i] === 255 ? before[i] : 0)) > 1)
        return { off, levels: [...new Set(lit)].sort((a, b) => a - b) }
      })
      expect(off, `${pattern}: first wrong byte of the canvas`).toBe(-1)
      expect(levels).toEqual([0, 255])
    }
  })

  test('rate 1 gives all zeros and keeps nothing; rate 0 gives the picture back', async () => {
    const { page } = here()
    const before = await picture(page, 'before')
    expect(await type(page, 'rate', '1')).toBe('ready')
    expect(await count(page, 'kept')).toBe(0)
    expect(await count(page, 'zeros')).toBe(await count(page, 'elements'))
    const black = await page.$eval('#after', (node) => {
      const canvas = node as HTMLCanvasElement
      const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(
        0,
        0,
        canvas.width,
        canvas.height,
      )
      return data.every((byte, i) => byte === (i % 4 === 3 ? 255 : 0))
    })
    expect(black).toBe(true)
    expect(await type(page, 'rate', '0')).toBe('ready')
    expect(await count(page, 'kept')).toBe(await count(page, 'cells'))
    expect(await picture(page, 'after')).toBe(before)
  })

  test('rate, seed, stream and step change the counts as in the library, and the last of many changes wins', async () => {
    const { page } = here()
    const kept = new Set([await expectLibraryCounts(page)])
    await type(page, 'seed', '18446744073709551615')
    expect(await text(page, 'code')).toContain('seed: 18446744073709551615n')
    for (const [id, what] of [
      ['rate', '0.37'],
      ['seed', '7'],
      ['stream', '3'],
    ]) {
      expect(await type(page, id, what)).toBe('ready')
      kept.add(await expectLibraryCounts(page))
    }
    await page.click('#next')
    await settled(page)
    expect(await typed(page, 'step')).toBe('1')
    kept.add(await expectLibraryCounts(page))
    expect(kept.size).toBe(5)
    await page.$eval('#rate-slider', (node) => {
      const slider = node as HTMLInputElement
      for (let step = 0; step <= 60; step++) {
        slider.value = String(step / 100)
        slider.dispatchEvent(new Event('input', { bubbles: true }))
      }
    })
    await settled(page)
    expect(await typed(page, 'rate')).toBe('0.6')
    await expectLibraryCounts(page)
  })

  test('your own noise shape works; a wrong one shows the error of the library and keeps the last result', async () => {
    const { page } = here()
    expect(await type(page, 'noise', '[null, 1, 1]')).toBe('ready')
    expect(await page.$eval('[value=custom]', (radio) => (radio as HTMLInputElement).checked)).toBe(true)
    expect(await count(page, 'cells')).toBe(256)
    const before = [await text(page, 'kept'), await text(page, 'code'), await picture(page, 'after')]
    expect(await type(page, 'noise', '[null, 7, 1]')).toBe('error')
    const said = await text(page, 'noise-error')
    expect(() => resolveNoiseShape([256, 384, 3], [null, 7, 1])).toThrow(said)
    expect(said).toContain('7')
    expect(await page.$eval('#noise', (node) => node.getAttribute('aria-invalid'))).toBe('true')
    expect([await text(page, 'kept'), await text(page, 'code'), await picture(page, 'after')]).toEqual(before)
    expect(await text(page, 'after-note')).toContain('last good')
    expect(await type(page, 'noise', '1')).toBe('ready')
    expect(await text(page, 'noise-error')).toBe('')
    expect(await count(page, 'cells')).toBe(1)
  })

  test('a bad number is reported beside its field, and the message goes when the number is corrected', async () => {
    const { page } = here()
    const cases = [
      ['shape', '[256, 384, 4]', '294912', '[256, 384, 3]'],
      ['shape', '256 384', 'is not a size', '[256, 384, 3]'],
      ['rate', '1.5', '[0, 1]', '0.2'],
      ['rate', '', 'empty', '0.2'],
      ['seed', '-1', '2^53', '42'],
      ['stream', '4294967296', '2^32', '0'],
      ['step', 'x', 'not a number', '0'],
    ]
    for (const [id, wrong, said, right] of cases) {
      expect(await type(page, id, wrong), `${id} ${wrong}`).toBe('error')
      expect(await text(page, `${id}-error`)).toContain(said)
      expect(await page.$$eval('.error', (all) => all.filter((each) => each.textContent).length)).toBe(1)
      expect(await type(page, id, right), `${id} ${right}`).toBe('ready')
      expect(await text(page, `${id}-error`)).toBe('')
    }
  })

  test('a picture of your own is processed, whether chosen, dropped or pasted', async () => {
    const { page } = here()
    const bytes = await smallPicture(page)
    await upload(page, 'chosen.png', bytes)
    await shows(page, 'own-name', 'chosen.png, 40 × 24 px.')
    expect(await typed(page, 'shape')).toBe('[16, 32, 3]') // trimmed to whole patches of 16 x 16
    await expectLibraryCounts(page)
    const first = await page.$eval('#before', (node) => [
      ...((node as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, 1, 1).data ?? []),
    ])
    expect(first).toEqual([60 + 4 * 4, 250 - 5 * 4, 120, 255])
    for (const way of ['drop', 'paste']) {
      await page.evaluate(
        (way, bytes) => {
          const data = new DataTransfer()
          data.items.add(new File([Uint8Array.from(bytes)], `${way}.png`, { type: 'image/png' }))
          const made =
            way === 'drop'
              ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
              : new ClipboardEvent('paste', { clipboardData: data, bubbles: true })
          document.body.dispatchEvent(made)
        },
        way,
        bytes,
      )
      await shows(page, 'own-name', `${way}.png`)
      await expectLibraryCounts(page)
    }
    await page.click('#back')
    await page.waitForSelector('#credit:not([hidden])')
    await settled(page)
    expect(await typed(page, 'shape')).toBe('[256, 384, 3]')
  })

  test('a file that is not a picture is reported, and the picture before stays', async () => {
    const { page } = here()
    const before = await picture(page, 'after')
    await upload(page, 'notes.txt', 'no picture')
    await shows(page, 'picture-error', 'notes.txt')
    expect(await text(page, 'picture-error')).toContain('Choose a PNG')
    expect(await picture(page, 'after')).toBe(before)
    await upload(page, 'good.png', await smallPicture(page))
    await shows(page, 'own-name', 'good.png')
    expect(await text(page, 'picture-error')).toBe('')
  })

  test('every field has a name, and every error message is tied to its field', async () => {
    const { page } = here()
    const loose = await page.$$eval('input', (inputs) =>
      inputs
        .filter((each) => !(each.labels?.length || each.ariaLabel))
        .concat(inputs.filter((each) => (each.ariaDescribedByElements ?? []).some((by) => !by)))
        .map((each) => each.id),
    )
    expect(loose).toEqual([])
    const described = await page.$$eval('[aria-describedby]', (all) =>
      all.flatMap((each) => (each.getAttribute('aria-describedby') ?? '').split(' ')),
    )
    for (const id of described) expect(await page.$(`#${id}`), id).not.toBeNull()
  })

  test('the copy button copies the code that is shown', async () => {
    await browser()
      .defaultBrowserContext()
      .overridePermissions(new URL(address()).origin, ['clipboard-read', 'clipboard-sanitized-write'])
    const { page } = here()
    await page.bringToFront()
    await page.click('#copy')
    await shows(page, 'copy', 'Copied')
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await text(page, 'code'))
  })

  test('a narrow window has no horizontal scroll, whatever is shown', async () => {
    const { page } = here()
    await page.setViewport({ width: 390, height: 844 })
    for (const pattern of ['patches', 'spatial2d-first', 'batch-mask']) {
      await choose(page, pattern)
      expect(await scrollWidth(page)).toBeLessThanOrEqual(390)
    }
    expect(await type(page, 'noise', `[${'7, '.repeat(12)}1]`)).toBe('error')
    expect(await scrollWidth(page)).toBeLessThanOrEqual(390)
    await page.setViewport({ width: 320, height: 640 })
    expect(await scrollWidth(page)).toBeLessThanOrEqual(320)
  })
})
