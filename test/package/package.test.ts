/** The package as its users get it: packed, installed into an empty project, and used from there. */

import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/setup.mjs'
import { launchBrowser, serveFolder } from '../support/browser.ts'
import { installPacked, type Packed, runNode } from '../support/packed.ts'

let project: string
let packed: Packed

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'noiseshape-consumer-'))
  packed = installPacked(project)
  cpSync(join(root, 'test/package/consumer'), project, { recursive: true })
  mkdirSync(join(project, 'public'))
  cpSync(join(root, 'test/golden/native.json'), join(project, 'public/golden.json'))
})

afterAll(() => {
  if (project) rmSync(project, { recursive: true, force: true })
})

test('the tarball holds the built library and its papers, nothing else', () => {
  const paths = packed.files.map(({ path }) => path)
  const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.md', 'package.json']
  expect(paths.filter((path) => !path.startsWith('dist/')).sort()).toEqual(papers)
  for (const entry of ['index', 'cpu', 'webgpu', 'monte-carlo', 'tfjs', 'onnx'])
    expect(paths).toContain(`dist/${entry}.js`)
  expect(paths.filter((path) => !/\.(d\.ts|js|js\.map|md|json)$|^LICENSE$/.test(path))).toEqual([])
})

test('installing it brings no other package', () => {
  const installed = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))
  expect(installed).toEqual(['noiseshape'])
})

test('in Node, noiseshape/cpu gives the known answers and createEngine falls back to the CPU with a reason', () => {
  const result = JSON.parse(runNode(project, 'in-node.mjs'))
  expect(result.mask).toEqual(result.wantedMask)
  expect(result.output).toEqual(result.wantedOutput)
  expect(result.backend).toBe('cpu')
  expect(result.fallbackReason).toMatch(/\w/)
})

describe('a TypeScript user', () => {
  beforeAll(() => {
    const types = 'node_modules/@webgpu/types'
    cpSync(join(root, types), join(project, types), { recursive: true })
  })

  test.each([
    ['Bundler', 'ESNext'],
    ['NodeNext', 'NodeNext'],
  ])('gets the types with moduleResolution %s', (moduleResolution, module) => {
    const resolution = ['--moduleResolution', moduleResolution, '--module', module]
    const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'ES2022']
    const libraries = ['--lib', 'ES2022,DOM', '--types', '@webgpu/types']
    const files = ['types.ts', 'page.ts']
    runNode(
      project,
      join(root, 'node_modules/typescript/bin/tsc'),
      ...resolution,
      ...strict,
      ...libraries,
      ...files,
    )
  })
})

test('a page bundled by Vite gives the known answer on WebGPU, by an engine and on its own device', async () => {
  const outDir = join(project, 'built')
  await build({ root: project, configFile: false, logLevel: 'error', build: { outDir, target: 'es2022' } })
  const server = await serveFolder(outDir)
  const browser = await launchBrowser({ webgpu: true })
  try {
    const page = await browser.newPage()
    await page.goto(server.url)
    const result = await page.evaluate(() => globalThis.result)
    expect(result.backend).toBe('webgpu')
    expect(result.engine).toEqual(result.wanted)
    expect(result.op).toEqual(result.wanted)
  } finally {
    await browser.close()
    await server.close()
  }
})
