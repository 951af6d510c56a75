/** The run: sample after sample, each accumulated, and one read-back at the end. */

import type { Engine } from '../engine.js'
import { createInterruption, whenResolved } from '../interruption.js'
import { causeOf, deviceLost } from '../webgpu/errors.js'
import { type Accumulator, accumulatorFor } from './accumulator.js'
import { type MonteCarloOptions, readEngine, readMonteCarloOptions } from './options.js'
import type { Prediction } from './prediction.js'

/**
 * Monte Carlo dropout (Gal and Ghahramani 2016, arXiv:1506.02142): runs the network `samples` times with dropout on, each
 * time with new masks, and returns the statistics of its outputs.
 *
 * Outputs in GPUBuffers are accumulated on the engine's device and read back once, at the end. Outputs in Float32Arrays
 * are accumulated in JavaScript, whatever the engine runs on. No output is kept: memory is three numbers for each
 * element and two for each row, however many samples.
 *
 * - `mean` and `variance` of each element, by Welford's update (Technometrics 4, 1962) in float32, with the first sample
 *   subtracted (Chan, Golub and LeVeque, The American Statistician 37, 1983): a large offset does not swamp a small
 *   spread. An element that is not finite in some sample has no mean and no variance.
 * - With classes, for each row, with H(p) = -sum of p ln p in nats and 0 ln 0 = 0: `predictiveEntropy` H(mean of p),
 *   `expectedEntropy` mean of H(p), and `mutualInformation`, the first less the second: what a prediction and the
 *   network's weights tell of each other (Houlsby et al. 2011, arXiv:1112.5745; Gal 2016, Uncertainty in Deep Learning,
 *   section 3.3.1). It is high where the networks are confident in different answers, as on inputs unlike the training data.
 *
 * Masks are the same on every device, to the bit. Statistics agree within float32 rounding: a device may fuse a
 * multiplication with an addition, and its exp and log differ in the last bits.
 *
 * @param engine whose device the GPUBuffers are on; `forward` may also compute on it
 * @returns the statistics of all samples; what was created on the device is destroyed then, and on every error
 * @throws RangeError or TypeError for an option outside its documented range, or an output that `forward` may not give
 * @throws DeviceLostError, EngineDestroyedError or WebGPUFailureError as a call of the engine would; an `'auto'` engine
 *   continues without its GPU as long as `forward` returns Float32Arrays
 * @throws what `forward` or `onProgress` throws, and `signal.reason` once the signal is aborted
 */
export async function monteCarlo(engine: Engine, options: MonteCarloOptions): Promise<Prediction> {
  const checked = readMonteCarloOptions(options)
  const { samples, seed, firstStep, oneMaskForBatch, forward, onProgress, signal } = checked
  const { device, ended } = readEngine(engine)
  signal?.throwIfAborted()

  const { wait, check, interrupt } = createInterruption()
  const onAbort = () => interrupt(signal?.reason)
  signal?.addEventListener('abort', onAbort)
  const watches = [whenResolved(ended, interrupt)]
  let accumulator: Accumulator | undefined
  const reads = new Set<Promise<Prediction>>()
  const read = () => {
    const reading = wait(() => (accumulator as Accumulator).read())
    reads.add(reading)
    // Never an unhandled rejection: the run fails with the same error.
    reading.catch(() => {}).finally(() => reads.delete(reading))
    return reading
  }

  try {
    let turn = performance.now()
    for (let sample = 0; sample < samples; sample++) {
      const output = await wait(() => forward({ seed, step: firstStep + sample, oneMaskForBatch }))
      if (!accumulator) {
        const fail = async (error: unknown) => interrupt(await causeOf(error, device))
        accumulator = accumulatorFor(output, engine, checked, fail)
        const lost = accumulator.device?.lost
        if (lost) watches.push(whenResolved(lost, (info) => interrupt(deviceLost(info))))
      }
      const added = accumulator
      await wait(() => added.add(output))
      if (onProgress) await wait(() => onProgress({ done: sample + 1, samples, read }))
      if (performance.now() - turn > LONGEST_TURN_MS) {
        await wait(nextTask)
        turn = performance.now()
      }
    }
    const result = await read()
    await wait(() => Promise.allSettled(reads))
    return result
  } catch (error) {
    check()
    const outlived = accumulator !== undefined && !accumulator.device && engine.device !== device
    const cause = outlived ? error : await causeOf(error, device)
    check()
    throw cause
  } finally {
    interrupt(
      new Error('noiseshape: the run is over. Read its statistics while it lasts, or use its result.'),
    )
    signal?.removeEventListener('abort', onAbort)
    for (const stop of watches) stop()
    accumulator?.destroy()
  }
}

/** A run that never waits for anything else still lets the page draw, and an abort arrive, this often. */
const LONGEST_TURN_MS = 30

/** The event loop's next turn. A timeout would be slowed to 4 ms, and to a second in a tab in the background. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}
