/** One face for everything that can compute a dropout, so that a suite is written once and run on all of them. */

import { afterEach, beforeEach } from 'vitest'
import * as cpu from '../../src/cpu/index.js'
import { createEngine, type Engine } from '../../src/index.js'
import { CPU_KERNELS, forceKernel } from '../../src/simd/choice.js'
import type { Draw } from './judge'

export type Spatial = Omit<Draw, 'noiseShape'> & { dataFormat?: 'channelsLast' | 'channelsFirst' }

/** What a suite may ask of a backend. Results may come at once or later: suites await them. */
export interface Session {
  dropout(x: Float32Array, draw: Draw): Float32Array | Promise<Float32Array>
  mask(draw: Draw): Uint32Array | Promise<Uint32Array>
  /** Only where the library makes the result itself, not on a user's own buffers. */
  arrays?: Pick<Engine, 'noise' | 'spatialDropout1D' | 'spatialDropout2D' | 'spatialDropout3D'> | typeof cpu
  close(): void
}

export interface Backend {
  name: string
  /** Whether its sessions have `arrays`. */
  makesArrays: boolean
  open(): Promise<Session>
}

export const cpuBackends: readonly Backend[] = [
  ...CPU_KERNELS.map((kernel) => ({
    name: `noiseshape/cpu, ${kernel}`,
    makesArrays: true,
    open: async () => {
      forceKernel(kernel) // for tensors of every size
      return { dropout: cpu.dropout, mask: cpu.mask, arrays: cpu, close: () => forceKernel() }
    },
  })),
  {
    name: 'an engine on the CPU',
    makesArrays: true,
    open: async () => engineSession(await createEngine({ backend: 'cpu' })),
  },
]

export function engineSession(engine: Engine): Session {
  return {
    dropout: (x, draw) => engine.dropout(x, draw),
    mask: (draw) => engine.mask(draw),
    arrays: engine,
    close: () => engine.destroy(),
  }
}

/** A session for each test of the enclosing block. */
export function useSession(backend: Backend): () => Session {
  let session: Session
  beforeEach(async () => {
    session = await backend.open()
  })
  afterEach(() => session.close())
  return () => session
}

/** `#backends` of the unit project; in the gpu project that is backends-webgpu.ts. */
export const backends = cpuBackends

/** How many random cases a property is tried on. */
export const propertyRuns = 400
