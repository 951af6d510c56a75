/** A Web Worker with its own engine, named after its backend, which draws slices of a larger dropout. */

import { createEngine } from '../../src/index.js'
import { forceKernel } from '../../src/simd/choice.js'
import type { Draw } from './judge'

/** A slice: its values, its shape, its noise shape and the cell it begins with. */
export interface Shard {
  x: Float32Array<ArrayBuffer>
  draw: Draw
}

export interface Drawn {
  backend: 'webgpu' | 'cpu'
  y: Float32Array
  mask: Uint32Array
}

if (self.name === 'cpu') forceKernel('wasm-simd') // slices are too small for the library's own choice
const engine = createEngine({ backend: self.name as 'webgpu' | 'cpu' })

addEventListener('message', async ({ data: { x, draw } }: MessageEvent<Shard>) => {
  const { backend, dropout, mask } = await engine.then((made) => ({
    backend: made.backend,
    dropout: made.dropout(x, draw),
    mask: made.mask(draw),
  }))
  const drawn: Drawn = { backend, y: await dropout, mask: await mask }
  postMessage(drawn)
})
