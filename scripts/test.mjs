// @ts-check
// `npm test`: installs what is missing, runs the checks of every day, and ends with `N passed, N failed, N skipped`.
// `npm run test:long`: what takes longer. Either `-- --project unit` (or any other vitest argument) runs vitest alone.

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { findOrInstallBrowser, installFirefox } from './browser.mjs'
import { endTree, useTemporaryFolder } from './processes.mjs'
import { npm, root, setUp } from './setup.mjs'

/**
 * There is no limit to the whole, which a busy machine would meet. This long without the end of any test, something
 * hangs; vitest ends a test that hangs sooner than that (vitest.config.ts).
 */
const NO_PROGRESS_MINUTES = 25

const long = process.argv[2] === '--long'
const vitestArgs = process.argv.slice(long ? 3 : 2)
const all = vitestArgs.length === 0
const asked = Array.from(vitestArgs.join(' ').matchAll(/--project[= ](\S+)/g), ([, name]) => name)
const projects = ['unit', 'gpu', 'page', 'package'].map((name) => (long ? `long-${name}` : name))
const inBrowser = asked.length === 0 || asked.some((name) => !/^(long-)?unit$/.test(name))
/** Node's WebGPU is left to `npm run conformance`: its compiler and driver are Chrome's. */
const PLACES = ['chrome-swiftshader', 'deno-swiftshader', 'deno-llvmpipe']

const counts = { passed: 0, failed: 0, skipped: 0 }
/** The last lines: what was skipped, and why. @type {string[]} */
const notes = []

const temporary = useTemporaryFolder()
if (await check('set-up', setUp)) {
  if (inBrowser) {
    await check('browser', async () => {
      const browser = await findOrInstallBrowser()
      process.env.PUPPETEER_EXECUTABLE_PATH = browser // the tests take the same one
      console.log(browser)
      if (long) installFirefox() // a test says so where there is none
    })
  }
  const packs = all || asked.some((name) => name.endsWith('package'))
  const build = packs && check('library build', () => npmRun('build'))
  if (all && !long) {
    await Promise.all([check('type check', () => npmRun('typecheck')), check('lint', () => npmRun('lint'))])
  }
  await build
  await runTests()
  if (all && long) await runConformance()
}
console.log()
for (const note of notes) console.log(note)
if (all && !long) console.log(`left out: ${leftOut()}; npm run test:long runs it`)
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exit(counts.failed > 0 ? 1 : 0) // an abandoned download must not keep the process alive

/** Runs one step and counts it; a step fails by throwing one clear sentence. */
async function check(/** @type {string} */ name, /** @type {() => unknown} */ step) {
  console.log(`\n== ${name}`)
  try {
    await step()
    counts.passed++
    return true
  } catch (error) {
    fail(`${name}: ${error instanceof Error ? error.message : error}`)
    return false
  }
}

function fail(/** @type {string} */ sentence) {
  counts.failed++
  console.log(`FAILED ${sentence}`)
}

function skip(/** @type {string} */ name, /** @type {string} */ reason) {
  counts.skipped++
  notes.push(`skipped: ${name}: ${reason}`)
}

async function npmRun(/** @type {string} */ script) {
  const { file, args, shell } = npm('run', '--silent', script)
  const { code } = await run(file, args, { shell })
  if (code !== 0) throw new Error(`\`npm run ${script}\` ended with code ${code}.`)
}

/** Counts the tests, and as one failure each whatever went wrong outside of a test. */
async function runTests() {
  console.log('\n== tests')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/reporter.mjs')}`]
  const chosen = asked.length > 0 ? [] : projects.map((name) => `--project=${name}`)
  try {
    const args = [vitest, 'run', ...reporters, ...chosen, ...vitestArgs]
    const { code, report } = await run(process.execPath, args, { watched: true })
    if (!report) throw new Error(`vitest ended with code ${code} before it had a result (see above).`)
    counts.passed += report.passed
    counts.failed += report.failed
    for (const { name, reason } of report.skipped) skip(name, reason)
    for (const what of report.broken) fail(`tests: outside of a test: ${what} (see above).`)
    if (report.passed + report.failed + report.skipped.length === 0) fail('tests: no test was run.')
    if (code !== 0 && report.failed + report.broken.length === 0)
      fail(`tests: vitest ended with code ${code} (see above).`)
  } catch (error) {
    fail(`tests: ${error instanceof Error ? error.message : error}`)
  }
}

/** Counts the cases of the conformance suite everywhere; a place that is not to be had here is one skipped test. */
async function runConformance() {
  console.log('\n== conformance')
  const path = join(temporary.folder, 'conformance.json')
  const script = join(root, 'scripts/conformance.mjs')
  const args = [script, '--json', path, ...PLACES.flatMap((name) => ['--on', name])]
  try {
    const { code } = await run(process.execPath, args)
    /** @type {{ name: string, passed: number, failures: string[], notRun: string }[]} */
    let rows
    try {
      rows = JSON.parse(readFileSync(path, 'utf8'))
    } catch {
      throw new Error(`it ended with code ${code} before it had a result (see above).`)
    }
    for (const { name, passed, failures, notRun } of rows) {
      counts.passed += passed
      counts.failed += failures.length
      if (notRun) skip(`conformance on ${name}`, notRun)
    }
    if (rows.length < PLACES.length) fail('conformance: not every place has a row.')
  } catch (error) {
    fail(`conformance: ${error instanceof Error ? error.message : error}`)
  }
}

function leftOut() {
  const files = readdirSync(join(root, 'test/long'), { recursive: true, encoding: 'utf8' })
  const names = files.filter((file) => file.endsWith('.test.ts')).map((file) => basename(file, '.test.ts'))
  return `${[...new Set(names)].sort().join(', ')}, leaks and concurrency over many rounds, TensorFlow.js training and the older build of ONNX Runtime on the GPU, the examples for TensorFlow.js, the package in other bundlers, runtimes and versions of TypeScript, and the whole conformance suite on ${PLACES.join(', ')}`
}

/**
 * The exit code of a command, and what scripts/reporter.mjs has sent. It is ended, with all that it started, when this
 * script is stopped or, if `watched`, when it makes no progress.
 *
 * @returns {Promise<{ code: number | null, report?: import('./reporter.mjs').Report }>}
 */
function run(
  /** @type {string} */ file,
  /** @type {string[]} */ args,
  { watched = false, shell = false } = {},
) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: root,
      shell,
      detached: process.platform !== 'win32',
      stdio: watched ? ['ignore', 'inherit', 'inherit', 'ipc'] : ['ignore', 'inherit', 'inherit'],
    })
    const forget = temporary.onStop(() => endTree(child))
    /** @type {import('./reporter.mjs').Report | undefined} */
    let report
    const hangs = () => {
      endTree(child)
      reject(new Error(`ended, because no test came to its end for ${NO_PROGRESS_MINUTES} minutes.`))
    }
    let limit = watched ? setTimeout(hangs, NO_PROGRESS_MINUTES * 60_000) : undefined
    child.on('message', (/** @type {import('./reporter.mjs').Message} */ message) => {
      if ('report' in message) report = message.report
      clearTimeout(limit)
      limit = setTimeout(hangs, NO_PROGRESS_MINUTES * 60_000)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(limit)
      forget()
      resolve({ code, report })
    })
  })
}
