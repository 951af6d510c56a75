/** The package in the set-ups of its users: in each of them, the same bits. `npm test` has two kinds of them. */

import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { npm, root } from '../../scripts/setup.mjs'
import { launchBrowser, serveFolder, watch } from '../support/browser.ts'
import { judgeDropout, judgeFlags, judgeMask } from '../support/judge.ts'
import { execute, installPacked, type Packed } from '../support/packed.ts'
import { bundlers, runtimes } from './consumers.ts'

const long = inject('rounds') > 0
const chosen = <T extends { everyDay?: true }>(all: T[]) => all.filter(({ everyDay }) => long || everyDay)

/** By the definition of the masks, for the draw in test/package/consumer/bits.mjs. */
function expected(): object {
  const draw = { shape: [4, 40], rate: 0.3, noiseShape: [null, 40], seed: 42 }
  const x = new Uint32Array(Float32Array.from({ length: 160 }, (_, i) => i - 80).buffer)
  const hex = (words: Uint32Array) => Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('')
  return {
    kept: judgeFlags(draw).filter((flag) => flag === 1).length,
    means: 160,
    conforms: true,
    functions: ['function', 'function'],
    mask: hex(judgeMask(draw)),
    output: hex(judgeDropout(x, draw)),
  }
}

let project: string
let packed: Packed

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'noiseshape-consumers-'))
  packed = installPacked(project)
  cpSync(join(root, 'test/package/consumer'), project, { recursive: true })
})

afterAll(() => {
  if (project) rmSync(project, { recursive: true, force: true })
})

if (long) {
  test('npm pack makes the same files in a fresh clone, where nothing is installed or built', () => {
    const clone = mkdtempSync(join(tmpdir(), 'noiseshape-clone-'))
    try {
      const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
      for (const path of execute('git', list, { cwd: root }).split('\0')) {
        if (path && existsSync(join(root, path))) cpSync(join(root, path), join(clone, path))
      }
      const { file, args, shell } = npm('pack', '--json', '--prefer-offline')
      const [made] = JSON.parse(execute(file, args, { cwd: clone, shell }))
      const contents = ({ files }: Packed) => files.map(({ path, size }) => `${path}: ${size}`)
      expect(contents(made)).toEqual(contents(packed))
    } finally {
      rmSync(clone, { recursive: true, force: true })
    }
  })
}

test.each(chosen(runtimes))('$name', ({ print }) => {
  expect(JSON.parse(print(project))).toEqual(expected())
})

describe('in a page and its worker', () => {
  test.each(chosen(bundlers))('$name', async ({ bundle }) => {
    const server = await serveFolder(await bundle(project))
    const browser = await launchBrowser({ webgpu: false })
    try {
      const page = await browser.newPage()
      const wrong = watch(page, server.url)
      await page.goto(server.url)
      await page.waitForFunction('globalThis.result')
      const lines = (await page.evaluate('globalThis.result')) as string[]
      const rendered = await page.$$eval('output', (all) => all.map(({ textContent }) => textContent))
      for (const line of [...lines, ...rendered]) expect(JSON.parse(line)).toEqual(expected())
      expect(lines.length).toBe(2)
      expect(wrong).toEqual([])
    } finally {
      await browser.close()
      await server.close()
    }
  })
})
