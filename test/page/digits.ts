/** What the tests of the uncertainty page share, the long ones too. */

import type { Page } from 'puppeteer'
import { expect } from 'vitest'
import expected from '../../models/digits/expected.json'

export const nats = async (page: Page, id: string) =>
  Number(await page.$eval(`#${id}`, (node) => (node as HTMLElement).dataset.value))

/** The example that is picked, as its index in models/digits/samples.json; undefined where none is. */
export const picked = (page: Page) =>
  page.$$eval('[name=example]', (all) => {
    const radio = all.find((each) => (each as HTMLInputElement).checked) as HTMLInputElement | undefined
    return radio && Number(radio.value)
  })

/** The pixels that the network sees, 0 to 16. */
export const seen = (page: Page) =>
  page.$eval('#seen', (node) => {
    const canvas = node as HTMLCanvasElement
    const data = canvas.getContext('2d')?.getImageData(0, 0, 8, 8).data ?? []
    return Array.from({ length: 64 }, (_, i) => Math.round(16 * (1 - data[i * 4] / 255)))
  })

/** The dots of each row, by the sample, as the share of the strip at which they stand. */
export const dots = (page: Page) =>
  page.$$eval('#answers tr', (rows) =>
    rows.map((row) =>
      Object.fromEntries(
        Array.from(row.querySelectorAll<SVGElement>('circle:not(.chosen)')).map((dot) => [
          Number(dot.dataset.sample),
          Number.parseFloat(dot.getAttribute('cx') ?? '') / 100,
        ]),
      ),
    ),
  )

/** The page's numbers for an example lie within 5 standard deviations of 1000 experiments in PyTorch (their largest: 4.6). */
export async function expectPyTorch(page: Page, example: number) {
  const { predictiveEntropy, expectedEntropy, mutualInformation } = expected.samples
  const measures = { predictive: predictiveEntropy, expected: expectedEntropy, mutual: mutualInformation }
  for (const [id, { mean, sd }] of Object.entries(measures)) {
    const far = Math.abs((await nats(page, id)) - mean[example]) / sd[example]
    expect(far, `${id} of example ${example}, in standard deviations`).toBeLessThan(5)
  }
}

/** Lets the software adapter pass for a graphics card in the workers of the documents that a page opens from now on. */
export async function pretendHardwareInWorkers(page: Page): Promise<void> {
  await page.evaluateOnNewDocument(() => {
    const info = { vendor: 'test', architecture: 'hardware', description: '', isFallbackAdapter: false }
    const pretend = `Object.defineProperty(GPUAdapter.prototype, 'info', { value: ${JSON.stringify(info)} })`
    const { Worker } = globalThis
    globalThis.Worker = class extends Worker {
      constructor(address: string | URL, options?: WorkerOptions) {
        const first = `data:text/javascript,${encodeURIComponent(pretend)}`
        const script = [first, String(address)].map((url) => `import ${JSON.stringify(url)}`).join('\n')
        super(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), options)
      }
    }
  })
}

/** Notes how many samples the page has done whenever it shows it. Returns a function that reads those of the last run. */
export async function watchProgress(page: Page): Promise<() => Promise<number[]>> {
  await page.$eval('#progress', (node) => {
    const counts: number[] = []
    Object.assign(globalThis, { counts })
    new MutationObserver(() => counts.push(Number((node as HTMLElement).dataset.done))).observe(node, {
      attributes: true,
    })
  })
  return async () => {
    const counts: number[] = await page.evaluate(() => Reflect.get(globalThis, 'counts'))
    return counts.slice(counts.findLastIndex((count, i) => count < (counts[i - 1] ?? Infinity)))
  }
}
