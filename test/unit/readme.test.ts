/** The README's code does what the README says: every example that is followed by its output is run. */

import '@tensorflow/tfjs-backend-cpu'
import * as fs from 'node:fs'
import * as tfCore from '@tensorflow/tfjs-core'
import * as tfLayers from '@tensorflow/tfjs-layers'
import * as root from 'noiseshape'
import * as cpu from 'noiseshape/cpu'
import * as monteCarlo from 'noiseshape/monte-carlo'
import * as onnx from 'noiseshape/onnx'
import * as tfjs from 'noiseshape/tfjs'
import { expect, test } from 'vitest'

const readme = fs.readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const examples = [...readme.matchAll(/```js\n((?:(?!```).)*)```\n\n```text\n(.*?)```/gs)].map(
  ([, code, output]) => ({
    code,
    output,
  }),
)
const modules: Record<string, object> = {
  noiseshape: root,
  'noiseshape/cpu': cpu,
  'noiseshape/monte-carlo': monteCarlo,
  'noiseshape/onnx': onnx,
  'noiseshape/tfjs': tfjs,
  'node:fs': fs,
  '@tensorflow/tfjs-core': tfCore,
  '@tensorflow/tfjs-layers': tfLayers,
}

async function printed(code: string): Promise<string> {
  const lines: string[] = []
  const body = code
    .replace(/^import '.*'.*$/gm, '')
    .replace(/^import (?:\* as )?(.*) from '(.*)'$/gm, "const $1 = modules['$2']")
  const run = new Function('modules', 'console', `return (async () => {${body}})()`)
  await run(modules, { log: (...words: unknown[]) => lines.push(words.join(' ')) })
  return lines.map((line) => `${line}\n`).join('')
}

test('the README has examples with output', () => {
  expect(examples.length).toBeGreaterThanOrEqual(3)
})

test.each(examples)('example $# prints what the README says', async ({ code, output }) => {
  expect(await printed(code)).toBe(output)
})
