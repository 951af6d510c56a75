/** Monte Carlo sessions with the native ONNX Runtime for Node. */

import { readFileSync } from 'node:fs'
import { noise } from 'noiseshape/cpu'
import { createMonteCarloSession, type MonteCarloSessionOptions, type OrtModule } from 'noiseshape/onnx'
import * as ort from 'onnxruntime-node'
import * as web from 'onnxruntime-web'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { expectSameBits } from '../support/compare'
import { dropoutOnly } from '../support/onnx-models'
import { caught } from '../support/refusals'

const golden = (name: string) => new Uint8Array(readFileSync(`test/golden/onnx/${name}.onnx`))

beforeAll(() => {
  web.env.wasm.numThreads = 1
})

const opened: { release(): Promise<void> }[] = []
afterEach(async () => {
  for (const session of opened.splice(0)) await session.release()
})

async function open(model: Uint8Array, options?: MonteCarloSessionOptions, runtime: OrtModule = ort) {
  const session = await createMonteCarloSession(runtime, model, options)
  opened.push(session)
  return session
}

const ones = (...dims: number[]) =>
  new ort.Tensor('float32', new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1), dims)

describe('onnxruntime-node', () => {
  test('runs on its CPU provider by default, and draws the noise of noiseshape/cpu', async () => {
    const session = await open(dropoutOnly(['n', 4], 0.5))
    expect([session.backend, session.executionProvider]).toEqual(['cpu', 'cpu'])
    expect(session.fallbackReason).toBeUndefined()
    const { mean, dims } = await session.predict({ x: ones(3, 4) }, { samples: 1, seed: 7 })
    expect(dims).toEqual([3, 4])
    expectSameBits(mean, noise({ shape: [3, 4], rate: 0.5, seed: 7 }))
  })

  test('measures sizes, takes points in branches and overlapping predictions', async () => {
    const session = await open(golden('convolutions'))
    const predict = () => session.predict({ x: ones(2, 1, 6, 7) }, { samples: 3, seed: 1 })
    const [one, two] = await Promise.all([predict(), predict()])
    expect(one).toEqual(two)
    expect(Math.max(...one.variance)).toBeGreaterThan(0)
    const branches = await open(golden('subgraphs'))
    const feeds = { x: ones(2, 4), first: new ort.Tensor('bool', [true], []) }
    expect(Math.max(...(await branches.predict(feeds, { samples: 8, seed: 1 })).variance)).toBeGreaterThan(0)
  })

  test('agrees with ONNX Runtime Web on a network', async () => {
    const inWeb = await open(golden('convolutions'), { executionProviders: ['wasm'] }, web)
    const inNode = await open(golden('convolutions'), { executionProviders: ['cpu'] })
    const x = ones(2, 1, 6, 7)
    const { mean } = await inNode.predict({ x }, { samples: 5, seed: 3 })
    const other = await inWeb.predict({ x }, { samples: 5, seed: 3 })
    mean.forEach((value, i) => {
      expect(value).toBeCloseTo(other.mean[i], 5)
    })
  })

  test('says why a provider of the browser is not used, and takes the next', async () => {
    const session = await open(dropoutOnly(['n', 4], 0.5), { executionProviders: ['wasm', 'cpu'] })
    expect(session.executionProvider).toBe('cpu')
    expect(session.fallbackReason).toMatch(/^wasm: /)
    const error = await caught(() => open(dropoutOnly(['n', 4], 0.5), { executionProviders: ['wasm'] }))
    expect(error).toBeInstanceOf(AggregateError)
  })
})
