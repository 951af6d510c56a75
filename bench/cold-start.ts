/** The cold start: from `createEngine` to the first result, measured separately. The browser's GPU process runs already. */

import { createEngine } from 'noiseshape'
import { quantile } from './measure.js'
import type { ColdStart } from './report.js'

const SHAPE = [32, 768]

/** Starts `times` engines, one after the other. */
export async function measureColdStart(times: number, signal?: AbortSignal): Promise<ColdStart> {
  const x = new Float32Array(SHAPE[0] * SHAPE[1]).fill(1)
  const samples: number[] = []
  for (let seed = 0; seed < times; seed++) {
    signal?.throwIfAborted()
    const start = performance.now()
    const engine = await createEngine({ backend: 'webgpu' })
    await engine.dropout(x, { shape: SHAPE, rate: 0.5, seed })
    samples.push(performance.now() - start)
    engine.destroy()
  }
  const sorted = samples.toSorted((a, b) => a - b)
  return { shape: SHAPE, samples, median: quantile(sorted, 0.5), min: sorted[0] }
}
