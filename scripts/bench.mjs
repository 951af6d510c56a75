// @ts-check
// `npm run bench`: measures the library, its peers and the copy baseline, headless. bench/README.md says how to read it.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { chromeFlags, findOrInstallBrowser } from './browser.mjs'
import { useTemporaryFolder } from './processes.mjs'
import { bundle, fetchRuntime } from './runtimes.mjs'
import { root, setUp } from './setup.mjs'
import { findDriver } from './vulkan.mjs'

const USAGE = `npm run bench -- [options]
  --quick              fewer and shorter batches, rate 0.1 and the first network only: a few minutes
  --case NAME          this case only; may be repeated (elementwise, ..., monte-carlo, sweep-2^20)
  --peer NAME          this peer only; may be repeated. The copy baseline always takes part
  --json FILE          the report as JSON
  --markdown FILE      the tables as Markdown: its own section of the file, others stay
  --runtime NAME       chrome (default), deno or node; deno and node run the peers that need no browser
  --driver NAME        deno, node: llvmpipe or swiftshader, the software drivers of Vulkan; default: the system's
  --gpu                chrome: the machine's own GPU instead of SwiftShader
  --bundle FOLDER      only writes FOLDER/bench.mjs, the benchmark for machines without this repository`

const configFile = join(root, 'vite.config.ts')
const temporary = useTemporaryFolder()

let lastLine = ''

try {
  await main()
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

async function main() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      case: { type: 'string', multiple: true, default: [] },
      peer: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
      markdown: { type: 'string' },
      runtime: { type: 'string', default: 'chrome' },
      driver: { type: 'string' },
      gpu: { type: 'boolean', default: false },
      bundle: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(USAGE)
  setUp()
  if (values.bundle) {
    await bundle('portable', resolve(values.bundle))
    return console.log(`${join(values.bundle, 'bench.mjs')} is written.`)
  }
  if (values.runtime === 'chrome') return inChrome(values)
  if (values.runtime === 'deno' || values.runtime === 'node') return withoutBrowser(values.runtime, values)
  throw new Error(`--runtime is ${values.runtime}; it must be chrome, deno or node.`)
}

/**
 * @typedef {{ quick: boolean, case: string[], peer: string[], json?: string, markdown?: string, driver?: string, gpu: boolean }} Options
 */

/** In a headless browser, served by the same Vite configuration as the pages. */
async function inChrome(/** @type {Options} */ options) {
  const [{ launch }, { createServer }] = await Promise.all([import('puppeteer'), import('vite')])
  const executablePath = await findOrInstallBrowser()
  // Nothing is watched: a file saved meanwhile must not reload the page in the middle of a run.
  const serve = { host: '127.0.0.1', port: 0, hmr: false, watch: null }
  const server = await createServer({ configFile, logLevel: 'error', server: serve })
  await server.listen()
  const flags = chromeFlags()
  const args = options.gpu ? flags.filter((flag) => !flag.startsWith('--use-webgpu-adapter')) : flags
  const browser = await launch({ executablePath, headless: true, pipe: true, args, protocolTimeout: 0 })
  try {
    const page = await browser.newPage()
    // Vite serves what is outside its root, site/, below /@fs/.
    const folder = new URL(
      `@fs${pathToFileURL(join(root, 'bench/')).pathname}`,
      server.resolvedUrls?.local[0],
    )
    await page.goto(`${folder}headless.html`)
    await page.exposeFunction('tellProgress', tellProgress)
    const selection = {
      cases: options.case,
      peers: options.peer,
      quick: options.quick,
      coldStart: options.case.length === 0,
    }
    const { markdown } = options
    const before = markdown && existsSync(markdown) ? readFileSync(markdown, 'utf8') : ''
    const { report, text, results } = await page.evaluate(
      async (selection, before) => {
        const address = new URL('headless.ts', document.baseURI).href
        const { runHeadless } = await import(/* @vite-ignore */ address)
        return runHeadless(selection, before, Reflect.get(globalThis, 'tellProgress'))
      },
      selection,
      before,
    )
    endProgress()
    if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
    if (markdown) writeFileSync(markdown, results)
    console.log(text)
  } finally {
    await browser.close()
    await server.close()
  }
}

/** One bundled file, run by Deno or Node with the package that each needs. */
async function withoutBrowser(/** @type {'deno' | 'node'} */ runtime, /** @type {Options} */ options) {
  const { folder: home, command } = fetchRuntime(runtime)
  const folder = temporary.folderIn(home, 'run-') // where its package is found
  try {
    await bundle('portable', folder)
    const script = join(folder, 'bench.mjs')
    const args = [
      ...(options.quick ? ['--quick'] : []),
      ...options.case.flatMap((name) => ['--case', name]),
      ...options.peer.flatMap((name) => ['--peer', name]),
      ...(options.json ? ['--json', resolve(options.json)] : []),
      ...(options.markdown ? ['--markdown', resolve(options.markdown)] : []),
    ]
    const [file, ...before] = command
    const driver = options.driver && (await findDriver(options.driver, { install: false }))
    await run(file, [...before, script, ...args], driver ? driver.environment : {})
  } finally {
    temporary.forget(folder)
  }
}

/** @returns {Promise<void>} */
function run(
  /** @type {string} */ file,
  /** @type {string[]} */ args,
  /** @type {Record<string, string>} */ extra,
) {
  return new Promise((fulfil, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, ...extra },
    })
    const forget = temporary.onStop(() => child.kill('SIGKILL'))
    child.on('error', reject)
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      for (const line of text.split('\n').filter(Boolean)) {
        const [, percent, what] = /^ *(\d+) % {2}(.*)$/.exec(line) ?? []
        if (what) tellProgress({ share: Number(percent) / 100, what })
        else console.error(line)
      }
    })
    child.on('exit', (code, signal) => {
      forget()
      endProgress()
      if (code === 0) fulfil()
      else reject(new Error(`The benchmark ended with ${signal ?? `code ${code}`} (see above).`))
    })
  })
}

/** One line that rewrites itself; where that is not possible, one line for each case. */
function tellProgress(/** @type {{ share: number, what: string }} */ { share, what }) {
  const line = `${String(Math.round(share * 100)).padStart(3)} %  ${what}`
  if (process.stderr.isTTY)
    return process.stderr.write(`\r\x1b[K${line.slice(0, process.stderr.columns - 1)}`)
  const [title] = what.split(': ')
  if (title !== lastLine) console.error(line.split(': ')[0])
  lastLine = title
}

function endProgress() {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
}
