// @ts-check
// `npm run experiments`: trains the networks of experiments/ again, in a Python environment that it makes there.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withTables } from '../experiments/tables.mjs'
import { root, setUp } from './setup.mjs'

const NAMES = ['digits', 'tagger', 'tagger-longer', 'landmarks', 'landmarks-longer']
const USAGE = `npm run experiments -- NAME [--seeds N] [--out FILE]
  NAME        ${NAMES.join(', ')}: writes experiments/results/NAME.json and the tables of experiments/README.md
  tables      only writes the tables of experiments/README.md anew, from experiments/results
  --seeds N   seeds 0 to N - 1 instead of 0 to 19
  --out FILE  another file than experiments/results/NAME.json; the tables stay as they are`

const folder = join(root, 'experiments')
const environment = join(folder, '.venv')
const python = join(
  environment,
  ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
)

try {
  main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

/** @param {string[]} words */
function main([name, ...options]) {
  if (!NAMES.includes(name) && name !== 'tables') throw new Error(USAGE)
  if (name !== 'tables') {
    setUp()
    if (!existsSync(python)) makeEnvironment()
    run(python, [join(folder, `${name}.py`), ...options])
  }
  if (!options.includes('--out')) writeTables()
}

function makeEnvironment() {
  const wanted = process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3')
  console.log(`Making a Python environment with PyTorch in ${environment} ...`)
  try {
    run(wanted, ['-m', 'venv', environment])
    run(python, ['-m', 'pip', 'install', '-r', join(folder, 'requirements.txt')])
  } catch (error) {
    rmSync(environment, { recursive: true, force: true }) // half of one would be taken for a whole one next time
    throw error
  }
}

/** @param {string} command @param {string[]} words */
function run(command, words) {
  const { status, error } = spawnSync(command, words, { stdio: 'inherit' })
  if (error)
    throw new Error(`${command} did not start (${error.message}): install Python 3.11, or set PYTHON.`)
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} failed, as it says above.`)
}

function writeTables() {
  const readme = join(folder, 'README.md')
  writeFileSync(readme, withTables(readFileSync(readme, 'utf8'), join(folder, 'results')))
}
