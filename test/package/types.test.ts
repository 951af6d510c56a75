/** The types in the package, with each version of TypeScript that they are for; test/package/types are the programs. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { fetchPackage } from '../../scripts/runtimes.mjs'
import { root } from '../../scripts/setup.mjs'
import { buildIfStale, runNode } from '../support/packed.ts'
import { errorsOf, INSTALLED } from '../support/typescript.ts'

const WITHOUT_WEBGPU = ['index', 'cpu', 'monte-carlo']
/** `npm run test:long` fetches these: the oldest that is supported, and the latest of each line since. */
const FETCHED = ['5.7.3', '5.8.3', '6.0.3', '7.0.2']
const versions = inject('rounds') > 0 ? FETCHED : [INSTALLED]

beforeAll(buildIfStale)

interface Program {
  files: string[]
  types?: string[]
  moduleResolution?: 'Bundler' | 'NodeNext'
  /** Of a fetched version; the installed one never checks the libraries of others. */
  skipLibCheck?: boolean
}

/** What that version says. The files are in this repository, where the name of the package leads to its dist/. */
function compile(version: string, program: Program): string[] {
  const { types = [], moduleResolution = 'Bundler', skipLibCheck = false } = program
  const files = program.files.map((name) => join(root, 'test/package/types', `${name}.ts`))
  const compilerOptions = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: 'ES2022',
    lib: ['ES2022', 'DOM'],
    module: moduleResolution === 'Bundler' ? 'ESNext' : moduleResolution,
    moduleResolution,
    types: types.map((name) => join(root, 'node_modules', name)),
    skipLibCheck,
  }
  if (version === INSTALLED) return errorsOf({ files, compilerOptions })
  const project = mkdtempSync(join(tmpdir(), 'noiseshape-types-'))
  try {
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    const home = join(fetchPackage(`typescript@${version}`), 'node_modules/typescript')
    const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
    runNode(project, join(home, bin.tsc), '--project', 'tsconfig.json')
    return []
  } catch (error) {
    const said = (error as Error).message.split('\n').filter((line) => /error TS\d+/.test(line))
    if (said.length === 0) throw error
    return said
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}

describe.each(versions)('TypeScript %s', (version) => {
  const webgpuInDom = Number.parseInt(version, 10) >= 6
  const types = webgpuInDom ? [] : ['@webgpu/types']

  test('compiles noiseshape, /cpu and /monte-carlo without @webgpu/types, libraries checked', () => {
    if (webgpuInDom) return expect(compile(version, { files: WITHOUT_WEBGPU })).toEqual([])
    // and says what is missing where one is needed
    expect(compile(version, { files: [...WITHOUT_WEBGPU, 'without-webgpu'] })).toEqual([
      expect.stringMatching(/without-webgpu\.ts.*WebGPUTypesAreMissing/),
    ])
  })

  test(`compiles /webgpu with ${webgpuInDom ? 'the DOM types' : '@webgpu/types'}, libraries checked`, () => {
    expect(compile(version, { files: [...WITHOUT_WEBGPU, 'webgpu'], types })).toEqual([])
  })

  test('compiles /tfjs and /onnx with those of their peers, as Node resolves modules', () => {
    const files = ['tfjs', 'onnx']
    expect(compile(version, { files, types, moduleResolution: 'NodeNext', skipLibCheck: true })).toEqual([])
  })
})
