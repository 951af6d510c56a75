/** The types in the package, with each version of TypeScript that they are for; test/package/types are the programs. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { fetchPackage } from '../../scripts/runtimes.mjs'
import { root } from '../../scripts/setup.mjs'
import { installPacked, linkPackage, runNode } from '../support/packed.ts'

const WITHOUT_WEBGPU = ['index', 'cpu', 'monte-carlo']
const INSTALLED: string = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies
  .typescript
/** `npm run test:long` fetches these: the oldest that is supported, and the latest of each line since. */
const FETCHED = ['5.7.3', '5.8.3', '6.0.3', '7.0.2']
const versions = inject('rounds') > 0 ? FETCHED : [INSTALLED]

let project: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'noiseshape-types-'))
  installPacked(project)
  cpSync(join(root, 'test/package/types'), project, { recursive: true })
  linkPackage(project, '@webgpu/types')
  for (const peer of ['tfjs-core', 'tfjs-layers']) linkPackage(project, `@tensorflow/${peer}`)
  linkPackage(project, 'onnxruntime-web')
})

afterAll(() => {
  if (project) rmSync(project, { recursive: true, force: true })
})

interface Program {
  files: string[]
  types?: string[]
  moduleResolution?: 'Bundler' | 'NodeNext'
  skipLibCheck?: boolean
}

/** Fails with what the compiler says. */
function compile(version: string, program: Program) {
  const { files, types = [], moduleResolution = 'Bundler', skipLibCheck = false } = program
  const compilerOptions = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: 'ES2022',
    lib: ['ES2022', 'DOM'],
    module: moduleResolution === 'Bundler' ? 'ESNext' : moduleResolution,
    moduleResolution,
    types,
    skipLibCheck,
  }
  const config = { compilerOptions, files: files.map((name) => `${name}.ts`) }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
  const folder = version === INSTALLED ? root : fetchPackage(`typescript@${version}`)
  const home = join(folder, 'node_modules/typescript')
  const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  runNode(project, join(home, bin.tsc), '--project', 'tsconfig.json')
}

describe.each(versions)('TypeScript %s', (version) => {
  const webgpuInDom = Number.parseInt(version, 10) >= 6
  const types = webgpuInDom ? [] : ['@webgpu/types']

  test('compiles noiseshape, /cpu and /monte-carlo without @webgpu/types, libraries checked', () => {
    compile(version, { files: WITHOUT_WEBGPU })
  })

  test(`compiles /webgpu with ${webgpuInDom ? 'the DOM types' : '@webgpu/types'}, libraries checked`, () => {
    compile(version, { files: [...WITHOUT_WEBGPU, 'webgpu'], types })
  })

  test('compiles /tfjs and /onnx with those of their peers, as Node resolves modules', () => {
    compile(version, { files: ['tfjs', 'onnx'], types, moduleResolution: 'NodeNext', skipLibCheck: true })
  })

  if (webgpuInDom) return
  test('says that the types of WebGPU are missing where one is needed', () => {
    expect(() => compile(version, { files: ['without-webgpu'] })).toThrow('WebGPUTypesAreMissing')
  })
})
