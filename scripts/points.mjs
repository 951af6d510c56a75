// @ts-check
// `npm run points`: how often `suggestPoints` is right, for each model of test/support/points (or of another folder),
// for each kind and in all.

import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root, setUp } from './setup.mjs'

const USAGE = `npm run points -- [options] [folder with NAME.onnx.gz and NAME.json, default: test/support/points]
  --wrong              lists the wrong suggestions of high confidence, and the points that were missed`

const KINDS = ['embedding', 'attention', 'residual', 'features', 'classifier', 'droppath']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { wrong: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
setUp()
const { runnerImport } = await import('vite')
const options = /** @type {const} */ ({
  root,
  configFile: false,
  logLevel: 'error',
  resolve: { alias: { 'noiseshape/onnx': join(root, 'src/onnx/index.ts') } },
})
const load = async (/** @type {string} */ file) => (await runnerImport(join(root, file), options)).module
const { suggestPoints } = /** @type {typeof import('../src/onnx/index.ts')} */ (
  await load('src/onnx/index.ts')
)
const { grade, gradedFiles, precision, recall } =
  /** @type {typeof import('../test/support/grade-points.ts')} */ (await load('test/support/grade-points.ts'))

const folder = resolve(positionals[0] ?? join(root, 'test/support/points'))
const files = gradedFiles(folder, (model) => suggestPoints(model))

/** @typedef {import('../test/support/grade-points.ts').Grade} Grade */

const width = Math.max(...files.map(({ name }) => name.length))
const cells = (/** @type {(string | number)[]} */ ...row) =>
  row.map((cell, i) => (i === 0 ? String(cell).padEnd(width) : String(cell).padStart(10))).join('')
const line = (/** @type {string} */ name, /** @type {Grade} */ sum) =>
  cells(name, sum.high, sum.right, sum.truth, sum.listed, precision(sum).toFixed(2), recall(sum).toFixed(2))
const heading = (/** @type {string} */ what) =>
  cells(what, 'high', 'right', 'truth', 'listed', 'precision', 'recall')

console.log(heading('file'))
for (const file of files) {
  console.log(line(file.name, grade([file])))
  if (!values.wrong) continue
  const high = new Map(
    file.suggestions.filter(({ confidence }) => confidence === 'high').map((s) => [s.tensor, s]),
  )
  for (const { tensor, kind, reason } of high.values()) {
    if (!file.truth.has(tensor)) console.log(`  wrong   ${tensor} (${kind}: ${reason})`)
  }
  for (const tensor of file.truth) {
    if (high.has(tensor)) continue
    const listed = file.suggestions.find((suggestion) => suggestion.tensor === tensor)
    console.log(
      `  missed  ${tensor}${listed ? ` (${listed.kind}, ${listed.confidence}: ${listed.reason})` : ''}`,
    )
  }
}
console.log(`\n${heading('kind (truth: of those listed)')}`)
for (const kind of KINDS) console.log(line(kind, grade(files, kind)))
console.log(line('in all', grade(files)))
