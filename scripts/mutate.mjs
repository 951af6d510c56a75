// @ts-check
// `npm run mutate`: changes the source one place at a time, and lists the changes that no unit test notices.

import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { EQUIVALENT, GPU_FUNCTIONS, ONLY_A_GPU_CAN_TELL, PARTS } from './mutants.mjs'
import { useTemporaryFolder } from './processes.mjs'
import { root, setUp } from './setup.mjs'

const USAGE = `npm run mutate -- [part ...] [options]
  part                 ${Object.keys(PARTS).join(', ')}; default all
  --concurrency N      test runners at a time; default 2`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter((part) => !(part in PARTS))
if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `There is no part ${unknown.join(', ')}.\n${USAGE}` : USAGE)
  process.exit(values.help ? 0 : 1)
}
setUp()
const { Stryker } = await import('@stryker-mutator/core')
const { folder } = useTemporaryFolder()

/** @type {string[]} */
const summary = []
for (const part of positionals.length > 0 ? positionals : Object.keys(PARTS)) summary.push(await mutate(part))
console.log(`\n${summary.join('\n')}`)

async function mutate(/** @type {string} */ part) {
  const started = Date.now()
  const results = await new Stryker({
    mutate: PARTS[part],
    mutator: { plugins: null, excludedMutations: ['StringLiteral'] },
    testRunner: 'vitest',
    vitest: { configFile: 'vitest.mutate.config.ts' },
    coverageAnalysis: 'perTest',
    ignoreStatic: true, // what runs once, when a file is loaded, would take every test for every change
    ignorePatterns: ['dist', '.ci'],
    concurrency: Number(values.concurrency),
    reporters: ['progress-append-only'],
    tempDirName: join(folder, part),
    timeoutMS: 10_000,
  }).runMutationTest()

  const counts = { killed: 0, endless: 0, survived: 0, equivalent: 0, gpu: 0 }
  for (const { status, fileName, location, replacement = '' } of results) {
    if (status === 'Ignored') continue
    const file = relative(root, fileName).replaceAll('\\', '/')
    const source = readFileSync(join(root, file), 'utf8')
    const change = `${file}: ${short(textAt(source, location))} => ${short(replacement)}`
    const isIn = (/** @type {{ changes: string[] }[]} */ list) =>
      list.some(({ changes }) => changes.includes(change))
    if (status === 'Timeout') counts.endless++
    if (status === 'Killed' || status === 'Timeout') counts.killed++
    else if (isIn(EQUIVALENT)) counts.equivalent++
    else if (isIn(ONLY_A_GPU_CAN_TELL) || isOnTheGpu(file, source, location)) counts.gpu++
    else {
      counts.survived++
      console.log(`survived, line ${location.start.line}: ${change}`)
    }
  }
  const { killed, endless, survived, equivalent, gpu } = counts
  const percent = ((100 * killed) / (killed + survived)).toFixed(1)
  const minutes = ((Date.now() - started) / 60_000).toFixed(1)
  return `${part}: ${killed} of ${killed + survived} killed (${percent} %), ${endless} of them by a test that did not end, in ${minutes} minutes; left out: ${equivalent} equivalent, ${gpu} that only a GPU can tell`
}

/** @typedef {{ start: { line: number, column: number }, end: { line: number, column: number } }} Location */

/** Lines and columns are counted from 1. */
function textAt(/** @type {string} */ source, /** @type {Location} */ { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  lines[lines.length - 1] = lines[lines.length - 1].slice(0, end.column - 1)
  lines[0] = lines[0].slice(start.column - 1)
  return lines.join(' ')
}

function short(/** @type {string} */ code) {
  const line = code.replace(/\s+/g, ' ')
  return line.length > 80 ? `${line.slice(0, 80)}...` : line
}

/** Whether a place is in one of the functions that need a GPU; each ends with a brace under its first letter. */
function isOnTheGpu(
  /** @type {string} */ file,
  /** @type {string} */ source,
  /** @type {Location} */ { start },
) {
  const lines = source.split('\n')
  return (GPU_FUNCTIONS[file] ?? []).some((beginning) => {
    const first = lines.findIndex((line) => line.trimStart().startsWith(beginning))
    if (first < 0) throw new Error(`scripts/mutants.mjs: no line of ${file} begins with: ${beginning}`)
    const indent = lines[first].search(/\S/)
    const last = lines.findIndex(
      (line, i) => i > first && line.search(/\S/) === indent && /^\s*(}|\)$)/.test(line),
    )
    return start.line - 1 >= first && start.line - 1 <= last
  })
}
