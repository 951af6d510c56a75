// @ts-check
// `npm run conformance`: one suite, in one file, on two WGSL compilers and two drivers. test/conformance holds its cases.
// It may install what a place needs: Deno in node_modules/.cache, and drivers with apt-get, as root only.

import { spawn } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromeFlags, findOrInstallBrowser } from './browser.mjs'
import { useTemporaryFolder } from './processes.mjs'
import { bundle, fetchRuntime } from './runtimes.mjs'
import { root, setUp } from './setup.mjs'
import { findDriver } from './vulkan.mjs'

const USAGE = `npm run conformance -- [options]
  --on RUNTIME-DRIVER  this alone; may be repeated: chrome-swiftshader, deno-swiftshader, deno-llvmpipe,
                       node-swiftshader. Default: all
  --json FILE          the rows of the table as JSON`

/** There is no limit to the whole, which a slow driver would meet: this long without the end of any case, something hangs. */
const NO_PROGRESS_MINUTES = 15

/** @typedef {import('./runtimes.mjs').Runtime} Runtime */
/** @typedef {import('./vulkan.mjs').Driver} Driver */
/** @typedef {import('../test/conformance/suite.ts').SuiteReport} SuiteReport */
/** @typedef {{ runtime: string, driver: string, report: SuiteReport }} Ran */
/** @typedef {{ name: string, compiler: string, run: (folder: string) => Promise<Ran> }} Place */

/** Where the suite runs, in this order; `run` is given the folder of its bundle. @type {Place[]} */
const PLACES = [
  { name: 'chrome-swiftshader', compiler: 'Tint', run: inChrome },
  { name: 'deno-swiftshader', compiler: 'naga', run: without('deno', 'swiftshader') },
  { name: 'deno-llvmpipe', compiler: 'naga', run: without('deno', 'llvmpipe') },
  { name: 'node-swiftshader', compiler: 'Tint', run: without('node', 'swiftshader') },
]

const temporary = useTemporaryFolder()

/** What is not there and cannot be had, as opposed to what is there and fails. */
class NotRun extends Error {}

try {
  process.exit((await main()) ? 0 : 1)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

async function main() {
  const { values } = parseArgs({
    options: {
      on: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return true
  }
  const unknown = values.on.find((name) => !PLACES.some((place) => place.name === name))
  if (unknown)
    throw new Error(`--on is ${unknown}; it must be one of ${PLACES.map(({ name }) => name).join(', ')}.`)
  setUp()
  const { folder } = temporary
  await bundle('conformance', folder)
  const rows = []
  for (const place of PLACES) {
    if (values.on.length === 0 || values.on.includes(place.name)) rows.push(await rowOf(place, folder))
  }
  if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`)
  for (const { name, failures } of rows) {
    for (const failure of failures) console.log(`FAILED ${name}: ${failure.slice(0, 800)}`)
  }
  console.log(`\n${table(rows)}`)
  return rows.every(({ failures }) => failures.length === 0)
}

/** @typedef {Awaited<ReturnType<typeof rowOf>>} Row */

async function rowOf(/** @type {Place} */ { name, compiler, run }, /** @type {string} */ folder) {
  const began = performance.now()
  const row = {
    name,
    compiler,
    runtime: name,
    driver: '',
    adapter: '',
    passed: 0,
    failures: /** @type {string[]} */ ([]),
    notRun: '',
  }
  try {
    const { report, ...where } = await run(folder)
    const failed = report.outcomes.filter(({ error }) => error !== undefined)
    Object.assign(row, where, { adapter: report.adapter, passed: report.outcomes.length - failed.length })
    row.failures = failed.map(({ group, name, error }) => `${group}: ${name}: ${error}`)
    if (report.outcomes.length === 0) row.failures.push('no case was run')
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof NotRun) row.notRun = message
    else row.failures.push(message)
  }
  const seconds = Math.round((performance.now() - began) / 1000)
  console.error(
    `${name}: ${row.notRun ? 'not run' : `${row.passed} passed, ${row.failures.length} failed`} (${seconds} s)`,
  )
  return row
}

/** The suite on a page with its own origin, which has to be a secure context. */
async function inChrome(/** @type {string} */ folder) {
  const executablePath = await findOrInstallBrowser()
  const { launch } = await import('puppeteer')
  const script = readFileSync(join(folder, 'conformance.mjs'))
  const server = createServer(({ url }, response) => {
    const isScript = url === '/conformance.mjs'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><title>conformance</title>')
  })
  await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(undefined)))
  const address = /** @type {import('node:net').AddressInfo} */ (server.address())
  const browser = await launch({
    executablePath,
    headless: true,
    pipe: true,
    args: chromeFlags(),
    timeout: 0,
    protocolTimeout: 0, // the suite takes as long as it takes
  })
  const guard = progressGuard(() => browser.process()?.kill('SIGKILL'))
  try {
    const page = await browser.newPage()
    await page.exposeFunction('progress', guard.progress)
    await page.goto(`http://127.0.0.1:${address.port}/`)
    const report = await page.evaluate(async () => {
      const script = '/conformance.mjs'
      const { runSuite } = await import(/* @vite-ignore */ script)
      return /** @type {SuiteReport} */ (await runSuite(navigator.gpu, Reflect.get(globalThis, 'progress')))
    })
    const runtime = (await browser.version()).replace('/', ' ')
    return {
      runtime,
      driver: process.platform === 'linux' ? 'SwiftShader, its own' : "the machine's",
      report,
    }
  } catch (error) {
    throw guard.hung() ?? error
  } finally {
    guard.end()
    await browser.close()
    server.close()
  }
}

/** The suite in Deno or Node. */
function without(/** @type {Runtime} */ runtime, /** @type {Driver} */ driver) {
  return async (/** @type {string} */ folder) => {
    const found = await orNotRun(() => findDriver(driver, { install: true }))
    const { name, folder: home, command } = await orNotRun(() => fetchRuntime(runtime))
    // Below the runtime's folder, where its package is found.
    const own = temporary.folderIn(home, 'run-')
    try {
      const script = join(own, 'conformance.mjs')
      const report = join(own, 'report.json')
      copyFileSync(join(folder, 'conformance.mjs'), script)
      const [file, ...args] = [...command, join(root, 'scripts/conformance-launch.mjs'), script, report]
      await runToEnd(file, args, found.environment)
      return { runtime: name, driver: found.name, report: JSON.parse(readFileSync(report, 'utf8')) }
    } finally {
      temporary.forget(own)
    }
  }
}

/**
 * @template T
 * @param {() => T | Promise<T>} look
 */
async function orNotRun(look) {
  try {
    return await look()
  } catch (error) {
    throw new NotRun(error instanceof Error ? error.message : String(error))
  }
}

/** @returns {Promise<void>} */
function runToEnd(
  /** @type {string} */ file,
  /** @type {string[]} */ args,
  /** @type {Record<string, string>} */ environment,
) {
  return new Promise((fulfil, reject) => {
    const env = { ...process.env, ...environment }
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const guard = progressGuard(() => child.kill('SIGKILL'))
    const forget = temporary.onStop(() => child.kill('SIGKILL'))
    child.stdout.on('data', guard.progress) // a dot for each case
    let last = ''
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      last = (last + text).slice(-2000)
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      guard.end()
      forget()
      if (code === 0) fulfil()
      else reject(guard.hung() ?? new Error(`it ended with ${signal ?? `code ${code}`}: ${last.trim()}`))
    })
  })
}

/** Calls `stop` after too long without progress; `hung` is then the error. */
function progressGuard(/** @type {() => void} */ stop) {
  /** @type {Error | undefined} */
  let error
  const hangs = () => {
    error = new Error(`it hangs: no case came to its end for ${NO_PROGRESS_MINUTES} minutes`)
    stop()
  }
  const start = () => setTimeout(hangs, NO_PROGRESS_MINUTES * 60_000)
  let limit = start()
  return {
    progress() {
      clearTimeout(limit)
      limit = start()
    },
    hung: () => error,
    end: () => clearTimeout(limit),
  }
}

function table(/** @type {Row[]} */ rows) {
  const head = ['runtime', 'compiler', 'driver', 'adapter', 'passed', 'failed', 'total']
  const cells = rows.map(({ runtime, compiler, driver, adapter, passed, failures, notRun }) =>
    notRun
      ? [runtime, compiler, `not run: ${notRun}`]
      : [
          runtime,
          compiler,
          driver,
          adapter,
          ...[passed, failures.length, passed + failures.length].map(String),
        ],
  )
  const full = cells.filter((row) => row.length === head.length)
  const widths = head.map((name, i) =>
    Math.max(name.length, ...full.map((row) => row[i].length), i < 2 ? longest(cells, i) : 0),
  )
  return [head, ...cells]
    .map((row) =>
      row
        .map((cell, i) => (i > 3 ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function longest(/** @type {string[][]} */ rows, /** @type {number} */ column) {
  return Math.max(...rows.map((row) => row[column].length))
}
