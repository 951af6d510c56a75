// What each set-up of test/package/consumers.ts runs: bits of every entry that needs no peer, as one line of text.
import { createEngine, unpackMask } from 'noiseshape'
import * as cpu from 'noiseshape/cpu'
import { monteCarlo } from 'noiseshape/monte-carlo'
import { createDropout, probeDevice } from 'noiseshape/webgpu'

const SHAPE = { shape: [4, 40], rate: 0.3, noiseShape: [null, 40], seed: 42 }

export async function bits() {
  const engine = await createEngine({ backend: 'cpu' })
  const x = Float32Array.from({ length: 160 }, (_, i) => i - 80)
  const y = await engine.dropout(x, SHAPE)
  const { conforms } = await engine.probe()
  const words = cpu.mask(SHAPE)
  const forward = (draw) => cpu.dropout(x, { ...SHAPE, seed: draw.seed, stream: 0, step: draw.step })
  const { mean } = await monteCarlo(engine, { forward, samples: 8, seed: 42 })
  engine.destroy()
  const kept = unpackMask(words, 160).reduce((sum, flag) => sum + flag, 0)
  const hex = [words, new Uint32Array(y.buffer), new Uint32Array(mean.buffer)].map((array) =>
    Array.from(array, (word) => word.toString(16).padStart(8, '0')).join(''),
  )
  return JSON.stringify([conforms, kept, typeof createDropout, typeof probeDevice, ...hex])
}
