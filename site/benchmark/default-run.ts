/** What the page's one button measures, and about how long that takes. */

import type { Selection } from '../../bench/in-browser.js'
import { adapterName, type Machine } from '../../bench/report.js'
import { recallPace } from './kept.js'

/** Plain and spatial dropout of 16.8 M elements, against the copy and what a user would take otherwise. */
export function defaultSelection({ adapter }: Machine): Selection {
  return {
    cases: ['elementwise', 'spatial1d'],
    peers: adapter
      ? ['noiseshape', 'hash-kernel', 'tensorflow-webgpu', 'noiseshape-cpu-output', 'math-random']
      : ['noiseshape-cpu', 'noiseshape-cpu-output', 'math-random', 'tensorflow-wasm'],
    quick: true,
    coldStart: true,
  }
}

/** Seconds, by the figures of bench/RESULTS.md on two cores; what a run took on this machine takes their place. */
const SECONDS = { software: 25, cpu: 20, gpu: 8 }

/** Seconds that the default run takes on this machine: as last time here, else as on others like it. */
export function estimatedSeconds(machine: Machine): number {
  const measured = recallPace(adapterName(machine))
  if (measured !== undefined)
    return measured < 10 ? Math.max(1, Math.round(measured)) : 5 * Math.round(measured / 5)
  if (!machine.adapter) return SECONDS.cpu
  return machine.adapter.isFallbackAdapter ? SECONDS.software : SECONDS.gpu
}
