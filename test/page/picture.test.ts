/** The picture page as a person uses it: in a real browser, with and without WebGPU. */

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
  site,
  text,
  type,
  useBrowser,
  useVisit,
  type Visit,
} from './visit.js'

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
    const dropped = await text(page, 'dropped')
    await shows(
      page,
      'status',
      `WebGPU dropped ${dropped.replace(' (', ' of 294,912 values, ').replace(')', '')}: `,
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
      expect(y.filter((v) => v === 0).length, id).toBe(await count(page, 'dropped'))
    }
    await type(page, 'rate', '1')
    expect(await value(page, 'bits')).toBe('same')
    engine.destroy()
  })

  // The last of this browser: it ends Chrome's GPU process.
  test('when the GPU is lost, the result is marked as old, the page goes on on the CPU, and takes a new GPU', async () => {
    here = await open(browser(), address())
    const { page } = here
    expect(await value(page, 'backend')).toBe('webgpu')
    await choose(page, 'spatial2d')
    const nine = await picture(page, 'before')
    await choose(page, 'dropout')
    const before = { kept: await count(page, 'kept'), after: await picture(page, 'after') }
    await page.evaluate(() => {
      const { requestAdapter } = GPU.prototype
      const asked = new Promise<void>((resolve) => {
        GPU.prototype.requestAdapter = () => {
          resolve()
          return new Promise((give) => {
            Object.assign(globalThis, {
              giveNone() {
                give(null)
                GPU.prototype.requestAdapter = async () => null
              },
              giveAgain() {
                GPU.prototype.requestAdapter = requestAdapter
              },
            })
          })
        }
      })
      Object.assign(globalThis, { asked })
    })
    const session = await browser().target().createCDPSession()
    await session.send('Browser.crashGpuProcess').catch(() => {}) // it is no longer there to answer
    await page.evaluate('asked')
    await page.waitForSelector('#demo[data-state=busy][data-result=old]')
    expect(await text(page, 'badge')).toBe('The GPU was lost')
    expect(await text(page, 'after-note')).toBe('from before the GPU was lost')

    await page.evaluate('giveNone()')
    await page.waitForSelector('#demo[data-state=ready][data-result=current]')
    expect(await text(page, 'badge')).toBe('CPU, without WebGPU')
    expect(await value(page, 'backend')).toBe('cpu')
    expect(await text(page, 'adapter')).toContain('The GPU was lost.')
    expect(await count(page, 'kept')).toBe(before.kept)
    while ((await picture(page, 'after')) !== before.after) await settled(page) // Chrome has lost the canvases, too

    await page.evaluate('giveAgain()')
    while ((await value(page, 'backend')) !== 'webgpu') {
      await page.click('#next')
      expect(await settled(page)).toBe('ready')
    }
    expect(await text(page, 'badge')).toMatch(/^WebGPU/)
    expect(await value(page, 'bits')).toBe('same')
    await expectLibraryCounts(page)
    await choose(page, 'spatial2d')
    expect(await picture(page, 'before'), 'made from the picture again').toBe(nine)
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
    expect(stops).toEqual(['A', 'A', 'A', 'A', 'A', 'theme', 'file', 'A', 'A', 'pattern', ...settings])
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
    expect(await count(page, 'dropped')).toBe(await count(page, 'elements'))
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

  test('your own noise shape works; a wrong one is reported and keeps the last result', async () => {
    const { page } = here()
    expect(await type(page, 'noise', '[null, 1, 1]')).toBe('ready')
    expect(await page.$eval('[value=custom]', (radio) => (radio as HTMLInputElement).checked)).toBe(true)
    expect(await count(page, 'cells')).toBe(256)
    const before = [await text(page, 'kept'), await text(page, 'code'), await picture(page, 'after')]
    expect(await type(page, 'noise', '[null, 7, 1]')).toBe('error')
    const said = await text(page, 'noise-error')
    expect(said).toMatch(
      /^Entry 2 of the noise shape is 7, but it must be 1 or the tensor's own size, 384\. Enter 1 /,
    )
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
      ['shape', '[256, 384, 4]', 'gives 294,912 values, but [256, 384, 4] has 393,216', '[256, 384, 3]'],
      ['shape', '[256, 384.5, 3]', 'Size 2 of the tensor shape is 384.5', '[256, 384, 3]'],
      ['shape', '256 384', 'is not a size', '[256, 384, 3]'],
      ['noise', '[1, 1, 1, 1]', 'The noise shape is [1, 1, 1, 1], but it has rank 4', ''],
      ['rate', '1.5', '‘1.5’: enter a number from 0 to 1', '0.2'],
      ['rate', '', 'This is empty: enter a number from 0 to 1', '0.2'],
      ['seed', '-1', '‘-1’: enter a whole number from 0 to 2^64', '42'],
      ['stream', '4294967296', 'from 0 to 2^32', '0'],
      ['step', 'x', '‘x’: enter a whole number', '0'],
    ]
    for (const [id, wrong, said, right] of cases) {
      expect(await type(page, id, wrong), `${id} ${wrong}`).toBe('error')
      expect(await text(page, `${id}-error`)).toContain(said)
      expect(await text(page, `${id}-error`), 'no word of the API').not.toMatch(
        /noiseShape|x\.length|bigint|Pass/,
      )
      expect(await page.$$eval('.error', (all) => all.filter((each) => each.textContent).length)).toBe(1)
      expect(await type(page, id, right), `${id} ${right}`).toBe('ready')
      expect(await text(page, `${id}-error`)).toBe('')
    }
  })

  test('what was black and is kept is not counted as dropped', async () => {
    const { page } = here()
    const black = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(32, 32)
      canvas.getContext('2d')?.fillRect(0, 0, 32, 32)
      return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())]
    })
    await upload(page, 'black.png', black)
    await shows(page, 'own-name', 'black.png')
    const { cells, kept } = await library(page)
    expect(await count(page, 'dropped')).toBe(cells - kept)
    expect(await type(page, 'rate', '0')).toBe('ready')
    expect(await text(page, 'dropped')).toBe('0 (0.0%)')
  })

  test('SpatialDropout1D shows whole colours gone from whole examples, never rows', async () => {
    const { page } = here()
    await choose(page, 'spatial1d')
    expect(await typed(page, 'shape')).toBe('[9, 10584, 3]')
    expect(await typed(page, 'noise')).toBe('[9, 1, 3]')
    const levels = await page.$eval('#mask', (node) => {
      const pen = (node as HTMLCanvasElement).getContext('2d') as CanvasRenderingContext2D
      return Array.from({ length: 9 }, (_, example) => {
        const [x, y] = [(example % 3) * 128, Math.floor(example / 3) * 86]
        const { data } = pen.getImageData(x, y, 126, 84)
        return [0, 1, 2].map((channel) => [...new Set(data.filter((_, at) => at % 4 === channel))])
      })
    })
    const flags = levels.flat().map((seen) => (seen.length === 1 ? seen[0] / 255 : seen))
    const shape = [9, 10584, 3]
    expect(flags).toEqual([...unpackMask(mask({ shape, noiseShape: [9, 1, 3], rate: 0.2, seed: 42 }), 27)])
  })

  test('the pictures have alternatives in words, with the counts', async () => {
    const { page } = here()
    await choose(page, 'spatial2d')
    const names = await page.$$eval('canvas', (all) => all.map((canvas) => canvas.ariaLabel))
    const counts = `${(await text(page, 'dropped')).split(' ')[0]} of ${await text(page, 'elements')} values`
    expect(names).toEqual([
      '9 copies of the picture, side by side, before dropout',
      `9 copies of the picture, side by side, after dropout: ${counts} are dropped`,
      `The mask, dark where a value is dropped: ${counts}`,
    ])
  })

  test('a canvas that comes back empty is drawn again', async () => {
    const { page } = here()
    const ids = ['before', 'after', 'mask']
    const all = () => Promise.all(ids.map((id) => picture(page, id)))
    const drawn = await all()
    await page.evaluate((ids) => {
      for (const id of ids) {
        const canvas = document.getElementById(id) as HTMLCanvasElement
        canvas.getContext('2d')?.reset()
        canvas.dispatchEvent(new Event('contextrestored'))
      }
    }, ids)
    expect(await all()).toEqual(drawn)
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

  /** Everything that the settings decide. */
  const shown = async (page: Page) => ({
    pattern: await page.$eval('[name=pattern]:checked', (radio) => (radio as HTMLInputElement).value),
    fields: await Promise.all(
      Object.keys(START)
        .concat('noise')
        .map((id) => typed(page, id)),
    ),
    scaled: await page.$eval('#scaled', (box) => (box as HTMLInputElement).checked),
    slider: await typed(page, 'rate-slider'),
    kept: await count(page, 'kept'),
    after: await picture(page, 'after'),
  })

  const inAddress = (page: Page, hash: string) =>
    page.waitForFunction((hash) => location.hash === hash, {}, hash)

  /** Writes the hash of the address by hand. */
  async function goTo(page: Page, hash: string) {
    await page.evaluate(
      (hash) =>
        new Promise<void>((resolve) => {
          addEventListener('hashchange', () => resolve(), { once: true })
          location.hash = hash
        }),
      hash,
    )
    return settled(page)
  }

  test('the address keeps the settings, for a reload, a link and the back button', async () => {
    const { page } = here()
    await choose(page, 'spatial2d')
    await type(page, 'rate', '0.35')
    await type(page, 'seed', '18446744073709551615')
    await page.click('#scaled')
    await inAddress(page, '#pattern=spatial2d&rate=0.35&seed=18446744073709551615&stream=0&step=0&scaled=1')
    await settled(page)
    const before = await shown(page)
    await page.reload()
    await settled(page)
    expect(await shown(page)).toEqual(before)
    await page.goto(site('index.html'))
    await page.goBack()
    await settled(page)
    expect(await shown(page)).toEqual(before)

    await page.click('#scaled')
    await type(page, 'noise', '[null, 1, 1, 1]')
    const hash =
      '#pattern=spatial2d&shape=9,84,126,3&noise=null,1,1,1&rate=0.35&seed=18446744073709551615&stream=0&step=0'
    await inAddress(page, hash)
    await settled(page)
    const custom = await shown(page)
    expect(custom).toMatchObject({ pattern: 'custom', kept: (await library(page)).kept })

    expect(await goTo(page, 'pattern=rows&rate=0.5')).toBe('ready')
    expect(await shown(page)).toMatchObject({ pattern: 'rows', slider: '0.5', scaled: false })
    expect(await typed(page, 'seed'), 'what the address leaves out is as it is at first').toBe('42')
    await expectLibraryCounts(page)
    await page.goBack()
    await page.waitForSelector('[value=custom]:checked')
    await settled(page)
    expect(await shown(page)).toEqual(custom)
  })

  test.each([
    ['rate', 'rate=2'],
    ['seed', 'seed=-1'],
    ['noise', 'noise=7,1,1'],
    ['shape', 'shape=1,2,3'],
    ['step', 'pattern=rows&step=x%20y'],
  ])('a bad %s in the address has the same error beside it as a typed one', async (id, hash) => {
    const { page } = here()
    expect(await goTo(page, hash)).toBe('error')
    const said = await text(page, `${id}-error`)
    expect(said).not.toBe('')
    const bad = await typed(page, id)
    await goTo(page, 'pattern=rows')
    expect(await text(page, `${id}-error`)).toBe('')
    expect(await type(page, id, bad)).toBe('error')
    expect(await text(page, `${id}-error`)).toBe(said)
  })

  test('a page opened with a bad address has no result to call the last good one', async () => {
    const { page } = here()
    const before = await picture(page, 'before')
    await page.goto('about:blank')
    await page.goto(`${address()}#rate=2&pattern=nonsense`)
    expect(await settled(page)).toBe('error')
    expect(await text(page, 'after-note')).toBe('no result yet')
    expect(await picture(page, 'before'), 'the picture itself needs no settings').toBe(before)
    expect(await page.$eval('#demo', (demo) => demo.getAttribute('data-result'))).toBeNull()
    expect(await text(page, 'pattern-error')).toContain('‘nonsense’')
    expect(await type(page, 'rate', '0.2')).toBe('ready')
    await choose(page, 'dropout')
    expect(await text(page, 'pattern-error')).toBe('')
    await expectLibraryCounts(page)
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
