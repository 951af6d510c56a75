/** The examples as their users run them: on the packed package, bundled by Vite, in headless Chrome on SwiftShader. */

import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'puppeteer'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { root } from '../../scripts/setup.mjs'
import { readTable, text, visitExample } from '../support/example-page.ts'
import { installPacked, linkPackage } from '../support/packed.ts'

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))
const { samples } = read('models/digits/samples.json') as { samples: { kind: string; label: number }[] }
const { passes, bound, probability, mutualInformation } = read('models/digits/expected.json').samples

/** What the pages show: the 3 of samples.json and the same turned, which PyTorch has predicted too. */
const shown = ['digit', 'rotated'].map((kind) =>
  samples.findIndex((each) => each.kind === kind && each.label === 3),
)

const examples = ['onnx', 'tfjs', 'tagger']

function packagesOf(name: string) {
  const { dependencies, devDependencies } = read(`examples/${name}/package.json`)
  return { ...dependencies, ...devDependencies } as Record<string, string>
}

let clone: string

const exampleOf = (name: string) => join(clone, 'examples', name)

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'noiseshape-examples-'))
  installPacked(clone)
  for (const folder of ['examples', 'models/digits']) {
    // what someone has installed or built there by hand is no part of it
    const filter = (path: string) => !/[\\/](node_modules|dist)$/.test(path)
    cpSync(join(root, folder), join(clone, folder), { recursive: true, filter })
  }
  const { noiseshape, vite, ...packages } = Object.assign({}, ...examples.map(packagesOf))
  for (const name of Object.keys(packages)) linkPackage(clone, name)
})

afterAll(() => {
  if (clone) rmSync(clone, { recursive: true, force: true })
})

/** `npm run test:long` has the others as well: each is installed, bundled and run for itself. */
const long = inject('rounds') > 0

test.each(examples)('examples/%s asks for the versions that are tested here', (name) => {
  const { noiseshape, ...packages } = packagesOf(name)
  const { version, devDependencies: tested } = read('package.json')
  expect(noiseshape).toBe(`^${version}`)
  for (const [name, range] of Object.entries(packages)) {
    expect([tested[name], `^${tested[name]}`], name).toContain(range)
  }
})

describe.each(long ? ['onnx', 'tfjs'] : ['onnx'])('examples/%s', (name) => {
  test('shows what PyTorch says of a digit and of the same turned, and no error', async () => {
    const sections = await visitExample(exampleOf(name), { hardware: true, shown: 'output' }, readDigits)
    expect(sections.length).toBe(2)
    const [digit, turned] = sections

    const best = digit.classes.toSorted((a, b) => b.mean - a.mean)[0]
    expect(best.digit).toBe(3)
    expect(turned.mutualInformation).toBeGreaterThan(2 * digit.mutualInformation)

    sections.forEach((section, i) => {
      const sample = shown[i]
      const far = bound.standardErrors * mutualInformation.sd[sample]
      expect(Math.abs(section.mutualInformation - mutualInformation.mean[sample])).toBeLessThan(far)
      for (const { digit, mean, spread } of section.classes) {
        const sd = probability.sdOfOnePass[sample][digit]
        const error = (bound.standardErrors * sd) / Math.sqrt(passes)
        const where = `probability of ${digit}, section ${i}`
        expect(Math.abs(mean - probability.mean[sample][digit]), where).toBeLessThan(error + bound.allowance)
        if (sd > 0.3) expect(spread / sd, `spread of the ${where}`).toBeCloseTo(1, 0) // 0.5 to 1.5: one in three passes says otherwise
      }
    })
  })
})

const backends = [
  { backend: 'cpu', hardware: false }, // a software adapter is left by default
  { backend: 'webgpu', hardware: true },
]

test.each(long ? backends : [])(
  'examples/tagger learns on $backend, is right where it is sure, and names unknown words',
  async ({ backend, hardware }) => {
    const ready = '#reading fieldset:enabled'
    const { epochs, status, words } = await visitExample(
      exampleOf('tagger'),
      { hardware, shown: ready },
      async (page) => {
        const [epochs, status] = [await readTable(page, '#epochs'), await text(page, 'output')]
        const before = await text(page, '#words')
        await page.$eval('#sentence', (input) => (input as HTMLInputElement).select())
        await page.type('#sentence', 'The zyxwv will not see him.')
        await page.keyboard.press('Enter')
        await page.waitForFunction(
          (before) => document.getElementById('words')?.textContent !== before,
          { timeout: 0 },
          before,
        )
        return { epochs, status, words: await readTable(page, '#words') }
      },
    )

    expect(status).toContain(`${backend} backend`)
    const losses = epochs.map(([, loss]) => Number(loss))
    expect(losses.at(-1)).toBeLessThan(losses[0] / 2)
    expect(Number.parseFloat(epochs[epochs.length - 1][2])).toBeGreaterThan(80) // if all are nouns, it is 25
    const [unsure, , unsureRight, sureRight] = Array.from(status.matchAll(/(\d+)\s%/g), ([, n]) => Number(n))
    expect(unsure).toBeLessThan(50)
    expect(sureRight).toBeGreaterThan(90)
    expect(unsureRight).toBeLessThan(75)

    expect(words.map(([word]) => word)).toEqual(['the', 'zyxwv', 'will', 'not', 'see', 'him', '.'])
    const classes = words.map(([, name]) => name)
    expect(classes.with(1, 'any')).toEqual(['DET', 'any', 'VERB', 'PRT', 'VERB', 'PRON', 'PUNCT'])
    for (const [word, , probability, information, note] of words) {
      expect(note.includes('unknown'), word).toBe(word === 'zyxwv')
      const percent = Number.parseFloat(probability)
      if (percent !== 70) expect(note.includes('unsure'), `${word}: ${probability}`).toBe(percent < 70) // 70 is rounded
      expect(Number(information)).toBeGreaterThanOrEqual(0)
      expect(Number(information)).toBeLessThan(Math.log(12))
    }
  },
)

interface Section {
  classes: { digit: number; mean: number; spread: number }[]
  mutualInformation: number
}

function readDigits(page: Page): Promise<Section[]> {
  return page.$$eval('section', (all) =>
    all.map((section) => ({
      classes: Array.from(section.querySelectorAll('tr'), ({ cells }) => {
        const [mean, spread] = (cells[2].textContent ?? '').split('±').map(Number)
        return { digit: Number(cells[0].textContent), mean, spread }
      }),
      mutualInformation: Number(section.querySelector('output')?.textContent),
    })),
  )
}
