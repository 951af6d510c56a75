// @ts-check
// The statistical battery: the native mask stream, as raw bits, through Debian's dieharder. docs/generator.md
// sums up the last runs, and docs/generator-battery.txt has them as printed.
//
// The bits come in the order in which masks use them, with nothing left out and nothing taken twice:
//
//   for each call 0, 1, 2, ...                            a forward pass
//     for each stream 0 .. STREAMS - 1                    a layer
//       for each group 0 .. GROUPS - 1                    128 noise cells of its mask
//         for each plane 0, 1, ...                        until each of the 128 cells is decided at the rate
//           words 0 .. 3, least significant byte first    one call of the generator
//
// How many planes a group takes depends on the bits themselves. That does not bend the statistics: whether to go on is
// decided before the next bits are seen.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, setUp } from './setup.mjs'

const USAGE = `node scripts/battery.mjs [options] [-- dieharder options, default: -a]
  --rate R             what the masks are drawn for; default 0.1 (8.3 planes a group; 0.5 takes one)
  --seed N             default 1
  --generator NAME     threefry (default), or pcg4d in the same layout, which must fail
  --stdout             only writes the bits, for another battery: ... --stdout | RNG_test stdin32`

const STREAMS = 8
const GROUPS = 256

/** @typedef {typeof import('../src/generators/native-1/threefry4x32.ts').encrypt} Encrypt */

/**
 * The control, since a battery that passes everything sees nothing. pcg4d, from Jarzynski and Olano, "Hash functions for
 * GPU rendering", JCGT 9(3), 2020: made to look random, and no more.
 *
 * @type {Encrypt}
 */
function pcg4d(counter, key, out) {
  for (let i = 0; i < 4; i++) out[i] = Math.imul(counter[i] ^ key[i], 1664525) + 1013904223
  mixPcg(out)
  for (let i = 0; i < 4; i++) out[i] ^= out[i] >>> 16
  mixPcg(out)
}

try {
  await main()
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rate: { type: 'string', default: '0.1' },
      seed: { type: 'string', default: '1' },
      generator: { type: 'string', default: 'threefry' },
      stdout: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(USAGE)
  setUp()
  const rate = Number(values.rate)
  const seed = Number(values.seed)
  const library = await loadLibrary()
  const bits = stream(library, rate, seed, encryptOf(values.generator, library))
  if (values.generator === 'threefry') checkOrder(library, bits.fill, rate, seed)
  if (values.stdout) return pour(bits, process.stdout)

  const options = positionals.length > 0 ? positionals : ['-a']
  const version = dieharderVersion()
  console.log(`date       ${new Date().toISOString().slice(0, 10)}`)
  console.log(`battery    ${version}, dieharder ${options.join(' ')} -g 200, Node ${process.version}`)
  console.log(
    `stream     ${values.generator}, seed ${seed}, rate ${rate}, ${STREAMS} streams of ${GROUPS} groups`,
  )
  console.log(`speed      ${speedOf(bits.fill)} MB/s, generated and thrown away\n`)
  const began = Date.now()
  // Line by line (stdbuf), so that a verdict shows when it is known: the whole takes an hour or more.
  const command = ['-oL', 'dieharder', ...options, '-g', '200']
  const battery = spawn('stdbuf', command, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(battery, 'close')
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => battery.kill()) // and then sum up
  let printed = ''
  battery.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
    printed += text
    process.stdout.write(text)
  })
  await pour(bits, battery.stdin)
  const [code, signal] = await ended
  console.log(summary(printed, bits.written, (Date.now() - began) / 1000))
  if (code !== 0) throw new Error(`dieharder ended with ${signal ?? `code ${code}`}.`)
}

/** The library's own sources, so that what is tested is what is shipped. */
async function loadLibrary() {
  const { runnerImport } = await import('vite')
  const options = /** @type {const} */ ({ root, configFile: false, logLevel: 'error' })
  const load = async (/** @type {string} */ file) =>
    (await runnerImport(join(root, 'src', file), options)).module
  return {
    .../** @type {typeof import('../src/generators/native-1/threefry4x32.ts')} */ (
      await load('generators/native-1/threefry4x32.ts')
    ),
    .../** @type {typeof import('../src/cpu/mask.ts')} */ (await load('cpu/mask.ts')),
    .../** @type {typeof import('../src/generators/native-1/keep-rule.ts')} */ (
      await load('generators/native-1/keep-rule.ts')
    ),
    .../** @type {typeof import('../src/generators/native-1/index.ts')} */ (
      await load('generators/native-1/index.ts')
    ),
    .../** @type {typeof import('../src/generators/native-1/draw.ts')} */ (
      await load('generators/native-1/draw.ts')
    ),
  }
}

/** @typedef {Awaited<ReturnType<typeof loadLibrary>>} Library */

/** @returns {Encrypt} */
function encryptOf(/** @type {string} */ name, /** @type {Library} */ library) {
  if (name === 'threefry') return library.encrypt
  if (name === 'pcg4d') return pcg4d
  throw new Error(`--generator is ${name}; it must be threefry or pcg4d.`)
}

/**
 * `fill` draws the next forward pass into the buffer, and returns how many words that took.
 *
 * @typedef {{ fill: (words: Int32Array) => number, written: number }} Bits
 * @returns {Bits}
 */
function stream(
  /** @type {Library} */ library,
  /** @type {number} */ rate,
  /** @type {number} */ seed,
  /** @type {Encrypt} */ encrypt,
) {
  const rule = library.nativeKeepRule(rate)
  const { threshold } = rule
  const planes = library.planesOf(rule)
  if (!Number.isSafeInteger(seed) || !(planes > 0)) {
    throw new Error('--seed must be an integer, and --rate lie between 0 and 1, where masks draw bits.')
  }
  const keys = Array.from({ length: STREAMS }, (_, layer) =>
    library.expandKey([seed >>> 0, Math.floor(seed / 2 ** 32), layer, library.STREAM_VERSION]),
  )
  const counter = new Int32Array(4)
  const plane = new Int32Array(4)
  let step = 0

  /** The planes of one group from `at` on, as keep-flags.ts takes them; returns where the next group begins. */
  const fillGroup = (
    /** @type {Int32Array} */ words,
    /** @type {number} */ at,
    /** @type {number} */ group,
    /** @type {Int32Array} */ key,
  ) => {
    counter[0] = group
    let [open0, open1, open2, open3] = [-1, -1, -1, -1]
    for (let p = 0; p < planes && (open0 | open1 | open2 | open3) !== 0; p++) {
      counter[1] = p
      encrypt(counter, key, plane)
      const bit = (threshold << p) >> 31
      for (let word = 0; word < 4; word++) words[at + word] = plane[word]
      open0 &= ~(plane[0] ^ bit)
      open1 &= ~(plane[1] ^ bit)
      open2 &= ~(plane[2] ^ bit)
      open3 &= ~(plane[3] ^ bit)
      at += 4
    }
    return at
  }

  const fill = (/** @type {Int32Array} */ words) => {
    let at = 0
    counter[2] = step % 2 ** 32
    counter[3] = Math.floor(step / 2 ** 32)
    for (const key of keys) {
      for (let group = 0; group < GROUPS; group++) at = fillGroup(words, at, group, key)
    }
    step++
    return at
  }
  return { fill, written: 0 }
}

/** Space for one forward pass that takes all planes of all groups. */
function room() {
  return new Int32Array(STREAMS * GROUPS * 32 * 4)
}

/** Throws unless the library's masks are what these bits decide, used one after the other and all of them used. */
function checkOrder(
  /** @type {Library} */ { generateMask, native1, nativeKeepRule, planesOf },
  /** @type {Bits['fill']} */ fill,
  /** @type {number} */ rate,
  /** @type {number} */ seed,
) {
  const keepRule = nativeKeepRule(rate)
  const { threshold } = keepRule
  const dropout = { cells: GROUPS * 128, generator: native1, keepRule }
  const words = room()
  const count = fill(words)
  let used = 0
  for (let stream = 0; stream < STREAMS; stream++) {
    const split = { lo: seed >>> 0, hi: Math.floor(seed / 2 ** 32) }
    const draw = { seed: split, stream, step: { lo: 0, hi: 0 }, cellOffset: 0 }
    const mask = new Int32Array(generateMask(dropout, draw).buffer)
    for (let group = 0; group < GROUPS; group++) {
      const keep = [0, 0, 0, 0]
      const open = [-1, -1, -1, -1]
      for (let p = 0; p < planesOf(keepRule) && open.some((lanes) => lanes !== 0); p++) {
        for (let word = 0; word < 4; word++) {
          const below = (threshold << p) >> 31
          keep[word] |= open[word] & below & ~words[used]
          open[word] &= ~(words[used++] ^ below)
        }
      }
      if (keep.some((flags, word) => flags !== mask[group * 4 + word])) {
        throw new Error(`internal: stream ${stream}, group ${group}: these are not the bits of the mask`)
      }
    }
  }
  if (used !== count) throw new Error('internal: bits were drawn that no mask uses')
}

/** Writes forward passes until the reader has gone. */
async function pour(/** @type {Bits} */ bits, /** @type {import('node:stream').Writable} */ to) {
  let open = true
  to.on('error', () => {}) // each write reports it as well
  const buffers = [room(), room()]
  let pending = Promise.resolve()
  for (let i = 0; open; i = 1 - i) {
    const bytes = new Uint8Array(buffers[i].buffer, 0, bits.fill(buffers[i]) * 4)
    await pending
    pending = new Promise((fulfil) => {
      to.write(bytes, (error) => {
        if (error) open = false
        else bits.written += bytes.length
        fulfil()
      })
    })
  }
}

function dieharderVersion() {
  const { stdout, error } = spawnSync('dieharder', ['-l'], { encoding: 'utf8' })
  if (error) {
    throw new Error('dieharder is missing. On Debian or Ubuntu it comes with apt-get install dieharder.')
  }
  return /dieharder version [\d.]+/.exec(stdout)?.[0] ?? 'dieharder'
}

function speedOf(/** @type {Bits['fill']} */ fill) {
  const words = room()
  const began = performance.now()
  let bytes = 0
  while (performance.now() - began < 1000) bytes += fill(words) * 4
  return Math.round(bytes / 1e3 / (performance.now() - began))
}

/** dieharder calls a p-value WEAK in the outer 0.5 % on either side, so that a perfect generator has 1 % of them. */
function summary(/** @type {string} */ printed, /** @type {number} */ bytes, /** @type {number} */ seconds) {
  const count = (/** @type {string} */ verdict) => printed.split(verdict).length - 1
  const [passed, weak, failed] = [count('PASSED'), count('WEAK'), count('FAILED')]
  const values = passed + weak + failed
  return [
    '',
    `verdicts   ${passed} passed, ${weak} weak, ${failed} failed; of ${values} p-values of a perfect generator,`,
    `           ${(values / 100).toFixed(1)} would be weak and none would fail`,
    `bits       2^${Math.log2(bytes * 8).toFixed(2)} taken by the battery (${bytes} bytes), in ${Math.round(seconds)} s`,
  ].join('\n')
}

function mixPcg(/** @type {Int32Array} */ v) {
  v[0] += Math.imul(v[1], v[3])
  v[1] += Math.imul(v[2], v[0])
  v[2] += Math.imul(v[0], v[1])
  v[3] += Math.imul(v[1], v[2])
}
