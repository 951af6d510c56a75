/** Calls that overlap: hundreds on one engine, each with its own answer; and what becomes of them when it ends. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEngine, DeviceLostError, type Engine, EngineDestroyedError } from '../../src/index.js'
import { bounded } from '../support/bounded'
import { difference, floats } from '../support/compare'
import { useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { count, type Draw, judgeDropout, judgeMask, judgeNoise } from '../support/judge'
import { rounds } from '../support/rounds'

const gpu = useGpu()

const CALLS = 2 * rounds

/** Tensors of every rank and pattern; the sizes make one, some or many threads of a call. */
const SHAPES: Pick<Draw, 'shape' | 'noiseShape'>[] = [
  { shape: [] },
  { shape: [1] },
  { shape: [77] },
  { shape: [0, 5] },
  { shape: [9, 33], noiseShape: [null, 1] },
  { shape: [9, 33], noiseShape: [1, null] },
  { shape: [3, 5, 16], noiseShape: [null, 1, null] },
  { shape: [3, 7, 5, 4], noiseShape: [null, null, 1, 1] },
  { shape: [2, 3, 2, 3, 2, 3], noiseShape: [1, null, 1, null, 1, null] },
  { shape: [513], noiseShape: [1] },
  { shape: [4003] },
]

interface Started {
  name: string
  empty: boolean
  packed: boolean
  got: Promise<Float32Array | Uint32Array>
  expected: () => Uint32Array
}

/** Starts call number `i`, which is unlike its neighbours in shape, method, rate, seed, stream, call and window. */
function start(engine: Engine, i: number): Started {
  const draw: Draw = {
    ...SHAPES[i % SHAPES.length],
    rate: (i % 101) / 100,
    seed: i,
    stream: i % 5,
    step: 3 * i,
    cellOffset: (i % 13) * 50,
  }
  const of = { name: `step ${i}, ${JSON.stringify(draw)}`, empty: count(draw.shape) === 0, packed: false }
  if (i % 7 === 0) return { ...of, packed: true, got: engine.mask(draw), expected: () => judgeMask(draw) }
  if (i % 7 === 1) return { ...of, got: engine.noise(draw), expected: () => judgeNoise(draw) }
  const x = input(draw.shape, i, 'rare')
  return { ...of, got: engine.dropout(floats(x), draw), expected: () => judgeDropout(x, draw) }
}

const startAll = (engine: Engine, calls: number) => Array.from({ length: calls }, (_, i) => start(engine, i))

async function expectAllRight(started: Started[]) {
  const results = await bounded(Promise.all(started.map(({ got }) => got)), `${started.length} calls`)
  const wrong = started.flatMap(
    ({ name, packed, expected }, i) => difference(results[i], expected(), { packed, what: name }) ?? [],
  )
  expect(wrong).toEqual([])
}

/** How each of the calls ended. */
async function endings(started: Started[]) {
  const settled = await bounded(
    Promise.allSettled(started.map(({ got }) => got)),
    `${started.length} rejections`,
  )
  return settled.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : 'a result'))
}

let unhandled: unknown[] = []
const note = (event: PromiseRejectionEvent) => unhandled.push(event.reason)

beforeEach(() => {
  unhandled = []
  addEventListener('unhandledrejection', note)
})
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 0)) // rejections are reported at the end of a task
  removeEventListener('unhandledrejection', note)
  expect(unhandled, 'rejections that reached no caller').toEqual([])
})

test(`${CALLS} overlapping calls of mixed shapes on one engine are all right`, async () => {
  expect(new Set(SHAPES.map(({ shape }) => shape.length)).size).toBeGreaterThan(4)
  expect(SHAPES.some(({ shape }) => count(shape) === 0)).toBe(true)
  const engine = await createEngine({ backend: 'webgpu', device: gpu.device })
  await expectAllRight(startAll(engine, CALLS))
  engine.destroy()
})

test('calls that start while others end are right too', async () => {
  const engine = await createEngine({ backend: 'webgpu', device: gpu.device })
  let next = 0
  const finished: Started[] = []
  const lane = async () => {
    while (next < 300) {
      const started = start(engine, next++)
      await started.got
      finished.push(started)
    }
  }
  await bounded(Promise.all(Array.from({ length: 10 }, lane)), '10 lanes')
  expect(finished).toHaveLength(300)
  await expectAllRight(finished)
  engine.destroy()
})

test('two engines on one device do not disturb each other', async () => {
  const engines = await Promise.all([1, 2].map(() => createEngine({ device: gpu.device })))
  const started = Array.from({ length: 400 }, (_, i) => start(engines[i % 2], i))
  await expectAllRight(started)
  for (const engine of engines) engine.destroy()
})

describe('destroy during hundreds of calls', () => {
  test("rejects them all with EngineDestroyedError, and leaves nothing behind on the user's device", async () => {
    const before = gpu.liveBuffers()
    const engine = await createEngine({ backend: 'webgpu', device: gpu.device })
    const started = startAll(engine, 500)
    engine.destroy()
    for (const ending of await endings(started)) expect(ending).toBeInstanceOf(EngineDestroyedError)
    await expect.poll(() => gpu.liveBuffers(), { timeout: 180_000 }).toBe(before)
  })

  test('also when some of them have finished', async () => {
    const engine = await createEngine({ backend: 'webgpu' })
    const started = startAll(engine, 500)
    await started[20].got
    engine.destroy()
    const all = await endings(started)
    const done = started.filter((_, i) => all[i] === 'a result')
    expect(done.length).toBeGreaterThan(0)
    await expectAllRight(done)
    for (const ending of all) if (ending !== 'a result') expect(ending).toBeInstanceOf(EngineDestroyedError)
  })
})

describe('a loss during hundreds of calls', () => {
  test("'webgpu' rejects them all with DeviceLostError", async () => {
    const device = await gpu.anotherDevice()
    const engine = await createEngine({ backend: 'webgpu', device })
    const started = startAll(engine, 500).filter(({ empty }) => !empty) // which need no device
    device.destroy()
    for (const ending of await endings(started)) expect(ending).toBeInstanceOf(DeviceLostError)
  })

  test("'auto' finishes them all with the right bits", async () => {
    const device = await gpu.anotherDevice()
    const engine = await createEngine({ backend: 'auto', device })
    const started = startAll(engine, 500)
    device.destroy()
    await expectAllRight(started)
    expect(engine.backend).toBe('cpu')
  })
})
