/**
 * The example with transformers.js, as npm installs it: its packages are too heavy for those of this repository. The
 * expected values are PyTorch's, with the dropout of training (examples/transformers/make_model.py).
 */

import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'puppeteer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../../scripts/setup.mjs'
import { expectAxeFindsNothing } from '../../support/axe.ts'
import { readTable, text, visitExample } from '../../support/example-page.ts'
import { pack, runNpm } from '../../support/packed.ts'

const EXAMPLE = join(root, 'examples/transformers')
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

interface Moments {
  mean: number
  sd: number
}
const expected = read(join(EXAMPLE, 'expected.json')) as {
  samples: number
  sentences: { text: string; positive: Moments; mutualInformation: Moments }[]
}
/** Of a run: five standard deviations, and what rounding to four digits takes. */
const far = ({ sd }: Moments) => 5 * sd + 0.002

/** Where DistilBERT has dropout in training, and at which rate of its configuration. */
const PLACES = [
  ['embedding', 'dropout', '/embeddings/LayerNorm/'],
  ['attention', 'attention_dropout', '/layer.0/attention/Softmax'],
  ['residual', 'dropout', '/layer.0/ffn/lin2/'],
  ['attention', 'attention_dropout', '/layer.1/attention/Softmax'],
  ['residual', 'dropout', '/layer.1/ffn/lin2/'],
  ['classifier', 'seq_classif_dropout', 'Relu'],
]

let clone: string
let project: string

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'noiseshape-transformers-'))
  project = join(clone, 'example')
  const filter = (path: string) => !/[\\/](node_modules|dist)$/.test(path)
  cpSync(EXAMPLE, project, { recursive: true, filter })
  // Vite is that of this repository; what is left out besides serves Node alone.
  const flags = [
    '--no-save',
    '--omit=dev',
    '--omit=optional',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
  ]
  runNpm(project, 'install', ...flags, '--no-fund', join('..', pack(clone).filename))
})

afterAll(() => {
  if (clone) rmSync(clone, { recursive: true, force: true })
})

test('examples/transformers asks for the ONNX Runtime of transformers.js', () => {
  const { dependencies, devDependencies } = read(join(EXAMPLE, 'package.json'))
  const { version, devDependencies: tested } = read(join(root, 'package.json'))
  const { dependencies: theirs } = read(join(project, 'node_modules/@huggingface/transformers/package.json'))
  expect(dependencies['onnxruntime-web']).toBe(theirs['onnxruntime-web'])
  expect(dependencies.noiseshape).toBe(`^${version}`)
  expect(devDependencies.vite).toBe(`^${tested.vite}`)
})

test.each([
  { provider: 'wasm', hardware: false },
  { provider: 'webgpu', hardware: true },
])(
  'examples/transformers shows on $provider what PyTorch says of five sentences',
  async ({ provider, hardware }) => {
    const config = read(join(EXAMPLE, 'public/model/config.json'))
    await visitExample(project, { hardware, shown: '#examples:enabled' }, async (page) => {
      expect(await text(page, '#split')).toContain(`on ${provider}: all of it for each sample`)
      const points = await readTable(page, '#points')
      expect(points.map(([kind, rate]) => [kind, Number(rate)])).toEqual(
        PLACES.map(([kind, key]) => [kind, config[key]]),
      )
      for (const [i, [, , tensor]] of PLACES.entries()) expect(points[i][2]).toContain(tensor)

      for (const { text, positive, mutualInformation } of expected.sentences) {
        const shown = await ask(page, text)
        expect(shown.dots.length, text).toBe(expected.samples)
        const mean = shown.dots.reduce((sum, dot) => sum + dot, 0) / expected.samples
        expect(Math.abs(mean - positive.mean), text).toBeLessThan(far(positive))
        expect(shown.probability, text).toBeCloseTo(mean < 0.5 ? 1 - mean : mean, 2)
        expect(shown.label, text).toBe(mean < 0.5 ? 'Negative' : 'Positive')
        const error = Math.abs(shown.mutualInformation - mutualInformation.mean)
        expect(error, text).toBeLessThan(far(mutualInformation))
        expect(shown.contradict, text).toBe(/phone|sandwich/.test(text)) // words that the training did not have
      }

      await page.select('#where', 'last')
      await page.waitForFunction(() =>
        /\d+ nodes once/.test(document.querySelector('#split')?.textContent ?? ''),
      )
      await page.waitForSelector('#examples:enabled')
      expect((await readTable(page, '#points')).map(([kind]) => kind)).toEqual(['classifier'])
    })
  },
)

test('examples/transformers is for everyone: axe finds nothing, in both themes, and it fits a phone', async () => {
  await visitExample(project, { hardware: false, shown: '#examples:enabled' }, async (page) => {
    await page.setViewport({ width: 390, height: 844 })
    for (const value of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }])
      await expectAxeFindsNothing(page)
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  })
})

/** Types a sentence, and reads what the page shows of it. */
async function ask(page: Page, sentence: string) {
  await page.$eval('#text', (input) => (input as HTMLInputElement).select())
  await page.type('#text', sentence)
  await page.keyboard.press('Enter')
  await page.waitForSelector('#examples:enabled')
  const said = await text(page, 'output')
  const [, label, percent] = /^(\w+), .*?([\d.]+)\s%/.exec(said) ?? []
  const [, information] = /is ([\d.]+) nats/.exec(said) ?? []
  return {
    label,
    probability: Number(percent) / 100,
    mutualInformation: Number(information),
    contradict: said.includes('contradict'),
    dots: await page.$$eval('#dots circle', (all) =>
      all.map((dot) => Number.parseFloat(dot.getAttribute('cx') ?? '') / 100),
    ),
  }
}
