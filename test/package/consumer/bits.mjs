// What each set-up of test/package/consumers.ts runs: bits from every entry that needs no peer, as one line of text.
import { createEngine, unpackMask } from 'noiseshape'
import { dropout, mask } from 'noiseshape/cpu'
import { monteCarlo } from 'noiseshape/monte-carlo'
import { createDropout, probeDevice } from 'noiseshape/webgpu'

const options = { shape: [4, 40], rate: 0.3, noiseShape: [null, 40], seed: 42 }

export async function bits() {
  const x = Float32Array.from({ length: 160 }, (_, i) => i - 80)
  const words = mask(options)
  const engine = await createEngine({ backend: 'cpu' })
  const { conforms } = await engine.probe()
  const y = await engine.dropout(x, options)
  const forward = ({ seed, step }) => dropout(x, { ...options, seed, step })
  const { mean } = await monteCarlo(engine, { forward, samples: 2, seed: 42 })
  engine.destroy()
  const found = {
    kept: unpackMask(words, 160).reduce((sum, flag) => sum + flag, 0),
    means: mean.length,
    conforms,
    functions: [typeof createDropout, typeof probeDevice],
    mask: hex(words),
    output: hex(new Uint32Array(y.buffer)),
  }
  return JSON.stringify(found)
}

function hex(words) {
  return Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('')
}
