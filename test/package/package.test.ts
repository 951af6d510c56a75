/** The package as its users get it: packed, installed into an empty project, and used from there. */

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../scripts/setup.mjs'
import { measureSizes } from '../../scripts/sizes.mjs'
import { launchBrowser, serveFolder } from '../support/browser.ts'
import { installPacked, type Packed, runNode, runNpm } from '../support/packed.ts'

const ENTRIES = ['.', './cpu', './webgpu', './monte-carlo', './tfjs', './onnx']

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

describe('the tarball', () => {
  const read = (path: string) => readFileSync(join(project, 'node_modules/noiseshape', path), 'utf8')
  const built = () => packed.files.map(({ path }) => path).filter((path) => path.startsWith('dist/'))

  test('holds the built library and its papers, nothing else', () => {
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.md', 'package.json']
    const paths = packed.files.map(({ path }) => path)
    expect(paths.filter((path) => !path.startsWith('dist/')).sort()).toEqual(papers)
    expect(built().filter((path) => !/\.(d\.ts|js|js\.map)$/.test(path))).toEqual([])
  })

  test.each(['default', 'types'] as const)('holds each file that a %s leads to, and no other', (kind) => {
    const isOne = kind === 'types' ? /\.d\.ts$/ : /\.js$/
    const { exports } = JSON.parse(read('package.json'))
    const reached = new Set<string>()
    const follow = (path: string) => {
      if (reached.has(path)) return
      reached.add(path)
      for (const [, to] of read(path).matchAll(/(?:from |import ?\(?)['"](\.[^'"]*)\.js['"]/g)) {
        follow(posix.join(posix.dirname(path), to + (kind === 'types' ? '.d.ts' : '.js')))
      }
    }
    for (const name of ENTRIES) follow(posix.normalize(exports[name][kind]))
    expect(
      built()
        .filter((path) => isOne.test(path))
        .sort(),
    ).toEqual([...reached].sort())
  })

  test('has no hash in a file name, so that the names of two versions can be compared', () => {
    const stems = built().map((path) => posix.basename(path).split('.')[0])
    expect(stems.filter((stem) => !/^[a-z0-9_]+(-[a-z0-9]+)*$/.test(stem))).toEqual([])
  })

  test('has source maps that hold the sources', () => {
    const maps = built().filter((path) => path.endsWith('.map'))
    expect(maps).toContain('dist/engine.js.map')
    for (const path of maps) {
      const { sources, sourcesContent } = JSON.parse(read(path))
      expect(sourcesContent.length, path).toBe(sources.length)
      for (const source of sourcesContent) expect(source, path).toMatch(/\w/)
    }
    const { sourcesContent } = JSON.parse(read('dist/engine.js.map'))
    expect(sourcesContent).toEqual([readFileSync(join(root, 'src/engine.ts'), 'utf8')])
  })

  test('is what publint and arethetypeswrong expect of ES modules', () => {
    const tarball = join(project, packed.filename)
    const command = (path: string) => join(root, 'node_modules', path)
    runNode(project, command('publint/src/cli.js'), 'run', tarball, '--strict')
    runNode(project, command('@arethetypeswrong/cli/dist/index.js'), tarball, '--profile', 'esm-only')
  })
})

test('what each entry adds to a bundle is within its budget', async () => {
  const sizes = await measureSizes()
  expect(sizes.filter(({ gzip, budget }) => gzip > budget)).toEqual([])
  const documented = readFileSync(join(root, 'docs/bundlers.md'), 'utf8')
  for (const { name, budget } of sizes)
    expect(documented).toContain(`\n| ${name} | ${(budget / 1000).toFixed(1)} kB |\n`)
})

test('npm installs it beside any version of its optional peers, for those who do not use them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'noiseshape-peers-'))
  try {
    const old = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).peerDependencies)
    expect(old.length).toBeGreaterThan(2)
    const folders = old.map((name, i) => {
      mkdirSync(join(folder, `old-${i}`))
      writeFileSync(join(folder, `old-${i}/package.json`), JSON.stringify({ name, version: '0.0.1' }))
      return `./old-${i}`
    })
    const made: { name: string; filename: string }[] = JSON.parse(
      runNpm(folder, 'pack', '--json', ...folders),
    )
    made.push({ name: 'noiseshape', filename: join(project, packed.filename) })
    const dependencies = Object.fromEntries(made.map(({ name, filename }) => [name, `file:${filename}`]))
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
    runNpm(folder, 'install', '--offline', '--no-audit', '--no-fund')
    for (const name of old) {
      const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'))
      expect(version, name).toBe('0.0.1')
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
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
