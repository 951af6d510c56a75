/** An engine on the CPU: the bits of the judge, its properties, and its end. The GPU's: test/gpu. */

import { createEngine, EngineDestroyedError } from 'noiseshape'
import { afterEach, expect, test } from 'vitest'
import { createInterruption, whenResolved } from '../../src/interruption.js'
import { unpackMask } from '../../src/mask-words.js'
import { expectSameBits, floats } from '../support/compare'
import { input } from '../support/inputs'
import { judgeDropout, judgeMask, judgeNoise } from '../support/judge'

const draw = { shape: [4, 6, 8], noiseShape: [4, 1, 8], rate: 0.5, seed: 9, stream: 0, step: 0 }
const engines: { destroy(): void }[] = []
const engine = async () => {
  const made = await createEngine({ backend: 'cpu' })
  engines.push(made)
  return made
}

afterEach(() => {
  for (const made of engines.splice(0)) made.destroy()
})

test('dropout, its spatial preset, mask and noise have the bits of the judge', async () => {
  const on = await engine()
  const x = input(draw.shape, 3)
  const { noiseShape: _, ...spatial } = draw
  const want = judgeDropout(x, draw)
  expectSameBits(await on.dropout(floats(x), draw), want)
  expectSameBits(await on.spatialDropout1D(floats(x), spatial), want)
  expect([...(await on.mask(draw))]).toEqual([...judgeMask(draw)])
  expectSameBits(await on.noise(draw), judgeNoise(draw))
})

test('it has no device and no adapter, and gives no reason, because the CPU was asked for', async () => {
  const on = await engine()
  expect([on.backend, on.device, on.adapterInfo, on.fallbackReason]).toEqual([
    'cpu',
    undefined,
    undefined,
    undefined,
  ])
})

test('a device beside backend cpu is refused', async () => {
  const device = {} as GPUDevice
  await expect(createEngine({ backend: 'cpu', device })).rejects.toThrow(
    "backend is 'cpu', but a device was passed as well. Leave out one of the two.",
  )
})

test('once destroyed, it says so in each call, and `ended` gives the same error', async () => {
  const on = await engine()
  on.destroy()
  on.destroy()
  const error = await on.ended
  expect(error).toBeInstanceOf(EngineDestroyedError)
  await expect(on.mask(draw)).rejects.toBe(error)
  await expect(on.dropout(floats(input(draw.shape, 1)), draw)).rejects.toBe(error)
})

test('an interruption: the first reason counts, for those that wait and those that come later', async () => {
  const interruption = createInterruption()
  expect(await interruption.wait(() => 5)).toBe(5)
  expect(() => interruption.check()).not.toThrow()
  const waiting = interruption.wait(() => new Promise(() => undefined))
  interruption.interrupt('first')
  interruption.interrupt('second')
  await expect(waiting).rejects.toBe('first')
  let started = false
  await expect(
    interruption.wait(() => {
      started = true
    }),
  ).rejects.toBe('first')
  expect(started).toBe(false)
  expect(() => interruption.check()).toThrow('first')
})

test('a listener hears of a promise once, unless it was removed', async () => {
  const heard: string[] = []
  let resolve: (value: string) => void = () => undefined
  const promise = new Promise<string>((done) => {
    resolve = done
  })
  whenResolved(promise, (value) => heard.push(`a ${value}`))
  const remove = whenResolved(promise, (value) => heard.push(`b ${value}`))
  remove()
  resolve('lost')
  await promise
  whenResolved(promise, (value) => heard.push(`c ${value}`))
  await new Promise((turn) => setTimeout(turn))
  expect(heard).toEqual(['a lost', 'c lost'])
})

test('without a number of cells, unpackMask gives all bits', () => {
  expect([...unpackMask(Uint32Array.of(5))]).toEqual([1, 0, 1, ...new Array(29).fill(0)])
})
