/** The examples as their users run them: on the packed package, bundled by Vite, in headless Chrome on SwiftShader. */

import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { root } from '../../scripts/setup.mjs'
import { launchBrowser, pretendHardware, serveFolder } from '../support/browser.ts'
import { installPacked, linkPackage } from '../support/packed.ts'

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))
const { samples } = read('models/digits/samples.json') as { samples: { kind: string; label: number }[] }
const { passes, bound, probability, mutualInformation } = read('models/digits/expected.json').samples

/** What the pages show: the 3 of samples.json and the same turned, which PyTorch has predicted too. */
const shown = ['digit', 'rotated'].map((kind) =>
  samples.findIndex((each) => each.kind === kind && each.label === 3),
)

let clone: string

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'noiseshape-examples-'))
  installPacked(clone)
  for (const folder of ['examples', 'models/digits']) {
    // what someone has installed or built there by hand is no part of it
    const filter = (path: string) => !/[\\/](node_modules|dist)$/.test(path)
    cpSync(join(root, folder), join(clone, folder), { recursive: true, filter })
  }
})

afterAll(() => {
  if (clone) rmSync(clone, { recursive: true, force: true })
})

/** `npm run test:long` has the second as well: each is installed, bundled and run for itself. */
const examples = inject('rounds') > 0 ? ['onnx', 'tfjs'] : ['onnx']

describe.each(examples)('examples/%s', (name) => {
  const { dependencies, devDependencies } = read(`examples/${name}/package.json`)
  const { noiseshape, ...peers } = dependencies as Record<string, string>

  test('asks for the versions that are tested here', () => {
    const { version, devDependencies: tested } = read('package.json')
    expect(noiseshape).toBe(`^${version}`)
    for (const [peer, range] of Object.entries({ ...peers, ...devDependencies })) {
      expect(range, peer).toBe(`^${tested[peer]}`)
    }
  })

  test('shows what PyTorch says of a digit and of the same turned, and no error', async () => {
    for (const peer of Object.keys(peers)) linkPackage(clone, peer)
    const { sections, wrong } = await visit(join(clone, 'examples', name))
    expect(wrong).toEqual([])
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

interface Section {
  classes: { digit: number; mean: number; spread: number }[]
  mutualInformation: number
}

/** Builds a project, opens its page, and reads what it shows. */
async function visit(project: string): Promise<{ sections: Section[]; wrong: string[] }> {
  await build({ root: project, logLevel: 'error' })
  const server = await serveFolder(join(project, 'dist'))
  const browser = await launchBrowser({ webgpu: true })
  try {
    const page = await browser.newPage()
    await pretendHardware(page) // as its users run it: noiseshape/onnx leaves a software adapter by default
    const wrong: string[] = []
    const failed = new Promise<void>((resolve) => {
      const note = (message: string) => {
        wrong.push(message)
        resolve()
      }
      page.on('pageerror', (error) => note(`uncaught: ${error}`))
      page.on('console', (message) => message.type() === 'error' && note(`console: ${message.text()}`))
      page.on('request', (request) => {
        const url = request.url()
        if (/^https?:/.test(url) && !url.startsWith(server.url)) note(`left this machine: ${url}`)
      })
    })
    await page.goto(server.url)
    await Promise.race([page.waitForSelector('output', { timeout: 0 }), failed])
    const sections = await page.$$eval('section', (all) =>
      all.map((section) => ({
        classes: Array.from(section.querySelectorAll('tr'), ({ cells }) => {
          const [mean, spread] = (cells[2].textContent ?? '').split('±').map(Number)
          return { digit: Number(cells[0].textContent), mean, spread }
        }),
        mutualInformation: Number(section.querySelector('output')?.textContent),
      })),
    )
    return { sections, wrong }
  } finally {
    await browser.close()
    await server.close()
  }
}
