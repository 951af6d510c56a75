/** Runs the samples, accumulates each, and reads back once at the end. */

import type { Engine } from '../engine.js'
import { createInterruption, whenResolved } from '../interruption.js'
import { causeOf, deviceLost } from '../webgpu/errors.js'
import { type Accumulator, accumulatorFor } from './accumulator.js'
import { type MonteCarloOptions, readEngine, readMonteCarloOptions, type SampleDraw } from './options.js'
import type { Prediction, PredictionOf } from './prediction.js'
import { nextCheck } from './settled.js'
import type { OutputKind } from './statistics.js'

/**
 * Monte Carlo dropout (Gal and Ghahramani 2016, arXiv:1506.02142): runs the network `samples` times with dropout on,
 * with new masks each time, and returns the statistics of its outputs.
 *
 * Outputs in GPUBuffers are accumulated on the engine's device and read back once, at the end. Outputs in Float32Arrays
 * are accumulated on the CPU, whatever the engine runs on. Outputs are not kept unless `keepSamples` or `quantiles`
 * ask for it: memory is four numbers per element and, with classes, another per element and four to eight per row, for
 * any number of samples.
 *
 * - `mean`, `variance` and `std` of each element, by Welford's update (Technometrics 4, 1962) in pairs of float32
 *   numbers: a large offset does not swamp a small spread, and all 2^24 samples count alike.
 * - With classes, for each row, in nats, with H(p) = -sum of p ln p and 0 ln 0 = 0: `predictiveEntropy`, H(mean of p);
 *   `expectedEntropy`, the mean of H(p); and `mutualInformation`, their difference: the mutual information between the
 *   prediction and the network's weights (Houlsby et al. 2011, arXiv:1112.5745; Gal 2016, Uncertainty in Deep Learning,
 *   section 3.3.1). It is high where the sampled networks are confident in different answers, as on inputs unlike the
 *   training data. `variationRatio` is the share of samples that do not vote for the class with the most votes.
 * - For `'gaussian'` outputs, `aleatoricVariance` and `epistemicVariance` of each target, whose sum is `variance`.
 *
 * Masks are bit-identical on every device. So are the sums of `'values'` between about 1e-12 and 1e38 on devices that
 * round to nearest; where exp and log are involved, devices differ in the last bits.
 *
 * @param engine GPUBuffers returned by `forward` must be on its device; `forward` may also use it to compute
 * @returns the statistics of all samples; GPU resources are destroyed when the promise settles
 * @throws RangeError or TypeError for an option outside its documented range or an unknown option name, or an invalid
 *   output of `forward`
 * @throws DeviceLostError, EngineDestroyedError or WebGPUFailureError as a call of the engine would; an `'auto'` engine
 *   continues without its GPU as long as `forward` returns Float32Arrays
 * @throws whatever `forward` or `onProgress` throws, and `signal.reason` once the signal is aborted
 *
 * Warns on the console if `forward` never reads `draw.step` and all samples gave the same output.
 */
export async function monteCarlo<
  Kind extends OutputKind = 'values',
  Keep extends boolean = boolean,
  Quantiles extends readonly number[] | undefined = readonly number[] | undefined,
>(
  engine: Engine,
  options: MonteCarloOptions<Kind, Keep, Quantiles>,
): Promise<PredictionOf<Kind, Float32Array<ArrayBuffer>, Keep, Quantiles>> {
  const prediction = await predict(engine, options as MonteCarloOptions)
  return prediction as PredictionOf<Kind, Float32Array<ArrayBuffer>, Keep, Quantiles>
}

/** @param most the most samples per run, if they are only known once the run has begun */
export async function predict(
  engine: Engine,
  options: MonteCarloOptions,
  most?: () => Promise<number>,
): Promise<Prediction> {
  const checked = readMonteCarloOptions(options)
  const { samples, tolerance, seed, firstStep, oneMaskForBatch, forward, onProgress, signal } = checked
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
    // Prevents an unhandled rejection: the run fails with the same error.
    reading.catch(() => {}).finally(() => reads.delete(reading))
    return reading
  }

  let drawIsUsed = false
  let settled = false
  try {
    let turn = performance.now()
    const perRun = most ? await wait(most) : checked.samplesPerRun
    for (let done = 0; done < samples && !settled; ) {
      const check = tolerance === undefined ? samples : nextCheck(done, samples)
      const count = Math.min(perRun, check - done)
      const draw = observed({ seed, step: firstStep + done, oneMaskForBatch }, () => {
        drawIsUsed = true
      })
      const output = await wait(() => forward(draw, count))
      if (!accumulator) {
        const fail = async (error: unknown) => interrupt(await causeOf(error, accumulator?.device))
        accumulator = accumulatorFor(output, engine, checked, fail, count)
        const lost = accumulator.device?.lost
        if (lost) watches.push(whenResolved(lost, (info) => interrupt(deviceLost(info))))
      }
      const added = accumulator
      await wait(() => added.add(output, count))
      done += count
      if (onProgress) await wait(() => onProgress({ done, samples, read }))
      if (tolerance !== undefined && done === check) {
        settled = (await wait(() => added.standardError())) <= tolerance
      }
      if (performance.now() - turn > LONGEST_TURN_MS) {
        await wait(nextTask)
        turn = performance.now()
      }
    }
    const result = await read()
    await wait(() => Promise.allSettled(reads))
    const spreads = result.epistemicVariance ?? result.variance
    if (!drawIsUsed && samples > 1 && spreads.every((variance) => variance === 0)) warnOfUnusedDraw()
    return tolerance === undefined ? result : { ...result, settled }
  } catch (error) {
    check()
    // An 'auto' engine may have lost the first device and continued on another, or on the CPU.
    const outlived = accumulator !== undefined && !accumulator.device && engine.device !== device
    const cause = outlived ? error : await causeOf(error, accumulator?.device ?? device)
    check()
    throw cause
  } finally {
    interrupt(
      new Error('noiseshape: the run is over. Read its statistics before it ends, or use its result.'),
    )
    signal?.removeEventListener('abort', onAbort)
    for (const stop of watches) stop()
    accumulator?.destroy()
  }
}

/** A draw that reports when its step is read, by spreading it too. In all else it is a plain object. */
function observed({ step, ...rest }: SampleDraw, onRead: () => void): SampleDraw {
  return {
    ...rest,
    get step() {
      onRead()
      return step
    },
    set step(value) {
      step = value
    },
  }
}

/** Without a look at the step, a rate of 0 and outputs that happen to agree would be warned of as well. */
function warnOfUnusedDraw(): void {
  console.warn(
    'noiseshape: all samples gave the same output, because forward did not read the step of its draw. Spread the draw into each dropout call, e.g. engine.dropout(x, { shape, rate, ...draw }).',
  )
}

/** How often a run that never waits yields to the event loop, so that the page can render and an abort can arrive. */
const LONGEST_TURN_MS = 30

/** Waits for the next task. Browsers delay a timeout by at least 4 ms, and by a second in a background tab. */
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
