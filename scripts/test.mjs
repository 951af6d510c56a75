// @ts-check
// `npm test`: installs what is missing, runs every check, and closes on `N passed, N failed, N skipped`.
// `npm test -- --project unit` (or any other vitest argument) runs vitest alone.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findOrInstallBrowser } from './browser.mjs'
import { npm, root, setUp } from './setup.mjs'

const MINUTE = 60_000
const STOPS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
const windows = process.platform === 'win32'
const vitestArgs = process.argv.slice(2)
const all = vitestArgs.length === 0
const projects = Array.from(vitestArgs.join(' ').matchAll(/--project[= ](\S+)/g), ([, name]) => name)
const inBrowser = projects.length === 0 || projects.some((name) => name !== 'unit')
/** Node's WebGPU is left to `npm run conformance`: its compiler and driver are Chrome's. */
const PLACES = ['chrome-swiftshader', 'deno-swiftshader', 'deno-llvmpipe']
const counts = { passed: 0, failed: 0, skipped: 0 }

if (await check('set-up', setUp)) {
  if (inBrowser) {
    await check('browser', async () => {
      const browser = await findOrInstallBrowser()
      process.env.PUPPETEER_EXECUTABLE_PATH = browser // the tests take the same one
      console.log(browser)
    })
  }
  if (all) {
    await check('type check', () => npmRun('typecheck'))
    await check('lint', () => npmRun('lint'))
    await check('library build', () => npmRun('build'))
  }
  await runTests()
  if (all) await runConformance()
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
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

async function npmRun(/** @type {string} */ script) {
  const { file, args, shell } = npm('run', '--silent', script)
  const code = await run(file, args, { minutes: 5, shell })
  if (code !== 0) throw new Error(`\`npm run ${script}\` ended with code ${code}.`)
}

/** Counts the tests of vitest's JSON report, and as one failure each whatever went wrong outside of a test. */
async function runTests() {
  console.log('\n== tests')
  const folder = mkdtempSync(join(tmpdir(), 'noiseshape-test-'))
  const report = join(folder, 'report.json')
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const failedBefore = counts.failed
  try {
    const code = await run(process.execPath, [vitest, 'run', ...reporters, ...vitestArgs], { minutes: 20 })
    if (!existsSync(report))
      throw new Error(`vitest ended with code ${code} before it had a result (see above).`)
    const tests = countReport(report)
    if (tests === 0) fail('tests: no test was run.')
    if (code !== 0 && counts.failed === failedBefore)
      fail(`tests: vitest ended with code ${code} (see above).`)
  } catch (error) {
    fail(`tests: ${error instanceof Error ? error.message : error}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function countReport(/** @type {string} */ path) {
  /** @type {{ testResults: { name: string, status: string, assertionResults: { status: string }[] }[] }} */
  const { testResults } = JSON.parse(readFileSync(path, 'utf8'))
  for (const file of testResults) {
    const failedBefore = counts.failed
    for (const { status } of file.assertionResults) {
      if (status === 'passed') counts.passed++
      else if (status === 'skipped' || status === 'todo') counts.skipped++
      else counts.failed++ // failed, or never came to its end
    }
    // A file that does not load and a failing beforeAll or afterAll belong to no test.
    if (file.status === 'failed' && counts.failed === failedBefore)
      fail(`tests: ${file.name} failed outside of its tests.`)
  }
  return testResults.flatMap((file) => file.assertionResults).length
}

/** Counts the cases of the conformance suite everywhere; a place that is not to be had here is one skipped test. */
async function runConformance() {
  console.log('\n== conformance')
  const folder = mkdtempSync(join(tmpdir(), 'noiseshape-test-'))
  const report = join(folder, 'report.json')
  const args = [
    join(root, 'scripts/conformance.mjs'),
    '--json',
    report,
    ...PLACES.flatMap((name) => ['--on', name]),
  ]
  try {
    const code = await run(process.execPath, args, { minutes: 15 })
    if (!existsSync(report)) throw new Error(`it ended with code ${code} before it had a result (see above).`)
    /** @type {{ passed: number, failures: string[], notRun: string }[]} */
    const rows = JSON.parse(readFileSync(report, 'utf8'))
    for (const { passed, failures, notRun } of rows) {
      counts.passed += passed
      counts.failed += failures.length
      if (notRun) counts.skipped++ // the table says why
    }
    if (rows.length < PLACES.length) fail('conformance: not every place has a row.')
  } catch (error) {
    fail(`conformance: ${error instanceof Error ? error.message : error}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * The exit code of a command, which is ended, with all that it started, when it takes too long or this script is stopped.
 * @returns {Promise<number | null>}
 */
function run(
  /** @type {string} */ file,
  /** @type {string[]} */ args,
  /** @type {{ minutes: number, shell?: boolean }} */ { minutes, shell = false },
) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: root,
      shell,
      detached: !windows,
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const stop = () => {
      endTree(child)
      process.exit(1)
    }
    const limit = setTimeout(() => {
      endTree(child)
      reject(new Error(`ended, because it had not finished within ${minutes} minutes.`))
    }, minutes * MINUTE)
    for (const signal of STOPS) process.once(signal, stop)
    child.on('error', reject)
    child.on('exit', (code) => {
      clearTimeout(limit)
      for (const signal of STOPS) process.off(signal, stop)
      resolve(code)
    })
  })
}

/** A worker in an endless loop hears no polite signal. The browser ends by itself when its pipe closes. */
function endTree(/** @type {import('node:child_process').ChildProcess} */ { pid }) {
  if (!pid) return
  if (windows) spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'])
  else process.kill(-pid, 'SIGKILL') // the process group, which `detached` made
}
