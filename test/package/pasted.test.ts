/**
 * The code of README.md and docs/ compiles as it stands when it is pasted into strict TypeScript: each block that begins
 * with ```js or ```ts is a module, against the built package and the types of its peers. A block of ```js untyped is plain
 * JavaScript, for a reader who rebuilds what it defines. pasted/assumed.d.ts has all that a block may assume.
 */

import { beforeAll, expect, test } from 'vitest'
import { examples } from '../support/examples.ts'
import { buildIfStale } from '../support/packed.ts'
import { errorsOf } from '../support/typescript.ts'

const compilerOptions = {
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  target: 'ES2022',
  lib: ['ES2022', 'DOM', 'DOM.Iterable'],
  module: 'ESNext',
  moduleResolution: 'Bundler',
  moduleDetection: 'force',
  types: ['@webgpu/types', 'node'],
}
const ASSUMED = 'test/package/pasted/assumed.d.ts'

/** One program for all of them; the path of a block says where it stands. */
function compile(code: Record<string, string>): string[] {
  return errorsOf({ files: [ASSUMED, ...Object.keys(code)], compilerOptions, code })
}

const pasted = examples.filter(({ untyped }) => !untyped)
const pathOf = ({ file, line }: (typeof examples)[number]) => `${file}-line-${line}.ts`
let errors: string[]

beforeAll(() => {
  buildIfStale()
  errors = compile(Object.fromEntries(pasted.map((example) => [pathOf(example), example.code])))
})

test.each(pasted)('$name', (example) => {
  expect(errors.filter((error) => error.startsWith(pathOf(example)))).toEqual([])
})

test('nothing else of that program is wrong', () => {
  const paths = pasted.map(pathOf)
  expect(errors.filter((error) => !paths.some((path) => error.startsWith(path)))).toEqual([])
})

test('code that does not compile is noticed, and one block is not meant to', () => {
  const code = "import { createEngine } from 'noiseshape'\nconst engine: number = await createEngine()\n"
  expect(compile({ 'docs/wrong.ts': code })).toEqual([
    expect.stringMatching(/^docs\/wrong\.ts\(2,7\): error TS2322: /),
    expect.stringMatching(/^docs\/wrong\.ts\(2,7\): error TS6133: /),
  ])
  const untyped = examples.filter((example) => example.untyped)
  expect(untyped.map(({ file }) => file)).toEqual(['docs/mask-stream.md'])
})
