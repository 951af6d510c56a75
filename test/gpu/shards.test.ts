/** One tensor cut among Web Workers, each with its own engine, some on the GPU and some on the CPU. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bounded } from '../support/bounded'
import { expectSameBits, floats, patterns } from '../support/compare'
import { useGpu } from '../support/gpu'
import { input } from '../support/inputs'
import { count, type Draw, judgeDropout, judgeFlags, judgeNoiseShape } from '../support/judge'
import type { Drawn, Shard } from '../support/shard-worker'
import { unpacked } from '../support/unpacked'

useGpu()

/** Examples of each worker's slice: none is a multiple of another, and one is a single example. */
const SHARES = [
  { backend: 'webgpu', examples: 5 },
  { backend: 'cpu', examples: 7 },
  { backend: 'webgpu', examples: 1 },
  { backend: 'cpu', examples: 9 },
] as const

let workers: Worker[]

beforeAll(() => {
  workers = SHARES.map(
    ({ backend }) =>
      new Worker(new URL('../support/shard-worker.ts', import.meta.url), { type: 'module', name: backend }),
  )
})
afterAll(() => {
  for (const worker of workers) worker.terminate()
})

function draw(worker: Worker, shard: Shard): Promise<Drawn> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = ({ message }) => reject(new Error(`a worker failed: ${message}`))
    worker.postMessage(shard)
  })
}

/** The batch is the first dim, and drawn: each example then has the same number of cells, and a slice has its own. */
const LAYERS: Pick<Draw, 'shape' | 'noiseShape'>[] = [
  { shape: [22, 37, 19] },
  { shape: [22, 37, 19], noiseShape: [22, 1, 19] },
  { shape: [22, 7, 9, 31], noiseShape: [22, 1, 1, 31] },
  { shape: [22, 31, 9, 7], noiseShape: [22, 31, 1, 1] },
  { shape: [22, 401], noiseShape: [22, 1] },
]

describe.each([0, 2 ** 32 - 100, 2 ** 52 + 77])('from cell %d on', (cellOffset) => {
  test.each(LAYERS)(
    'the shards of four workers join to the whole, bit for bit: $shape, $noiseShape',
    async (layer) => {
      const whole: Draw = { ...layer, rate: 0.3, seed: 12, stream: 3, step: 2n ** 40n, cellOffset }
      const x = input(whole.shape, 5, 'rare')
      const noiseShape = judgeNoiseShape(whole)
      const elements = count(whole.shape.slice(1))
      const cells = count(noiseShape.slice(1))
      let first = 0
      const shards = SHARES.map(({ examples }): Shard => {
        const part = {
          ...whole,
          shape: [examples, ...whole.shape.slice(1)],
          noiseShape: [examples, ...noiseShape.slice(1)],
          cellOffset: cellOffset + first * cells,
        }
        const values = floats(x.slice(first * elements, (first + examples) * elements))
        first += examples
        return { x: values, draw: part }
      })
      expect(first).toBe(whole.shape[0])
      const drawn = await bounded(Promise.all(shards.map((shard, i) => draw(workers[i], shard))), 'a worker')
      expect(drawn.map(({ backend }) => backend)).toEqual(SHARES.map(({ backend }) => backend))
      const joined = Uint32Array.from(drawn.flatMap(({ y }) => [...patterns(y)]))
      expectSameBits(joined, judgeDropout(x, whole), { shape: whole.shape })
      const flags = drawn.flatMap(({ mask }, i) => [
        ...unpacked(mask, count(shards[i].draw.noiseShape as number[])),
      ])
      expect(flags).toEqual([...judgeFlags(whole)])
    },
  )
})
