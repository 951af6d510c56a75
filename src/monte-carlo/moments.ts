/** A running mean and variance on the CPU. GPU counterpart: `added` in shaders/statistics.wgsl, with the same bits. */

import { MOMENTS, UNITS } from './statistics.js'

const { fround } = Math

/** From one unit of the deviations to the other, and from units to values. */
const TO_LARGE = UNITS.large / UNITS.ordinary

/**
 * Adds a value to the moments that start at `at`: Welford's update (Technometrics 4, 1962) of the mean and the variance
 * themselves, each a sum of two float32 numbers (Dekker, Numerische Mathematik 18, 1971). Errors are then some 2^-24 of
 * the mean deviation, for any number of values, and the variance overflows only if it does not fit.
 *
 * A value that is not finite makes the mean infinite or NaN, as in a sum, and the variance NaN.
 *
 * @param reciprocal 1 / the number of this value, counted from 1, in float32; it is 1 only for the first
 */
export function addToMoments(moments: Float32Array, at: number, value: number, reciprocal: number): void {
  if (reciprocal === 1) {
    moments[at + MOMENTS.mean] = value
    moments[at + MOMENTS.variance] = Number.isFinite(value) ? 0 : Number.NaN
    return
  }
  const mean = moments[at + MOMENTS.mean]
  const larger = Math.max(Math.abs(value), Math.abs(mean))
  if (!Number.isFinite(larger)) {
    moments[at + MOMENTS.mean] = mean + value
    moments[at + MOMENTS.meanLow] = 0
    moments[at + MOMENTS.variance] = Number.NaN
    moments[at + MOMENTS.varianceLow] = 0
    return
  }
  const held = moments[at + MOMENTS.variance]
  const isLarge = larger >= UNITS.largeFrom || -held >= UNITS.leastLarge
  const wasLarge = held < 0
  let variance = Math.abs(held)
  let varianceLow = moments[at + MOMENTS.varianceLow]
  if (isLarge !== wasLarge) {
    const shift = isLarge ? TO_LARGE : 1 / TO_LARGE
    variance = fround(fround(variance * shift) * shift)
    varianceLow = fround(fround(varianceLow * shift) * shift)
  }

  const unit = isLarge ? UNITS.large : UNITS.ordinary
  const meanLow = moments[at + MOMENTS.meanLow]
  const delta = fround(fround(fround(value * unit) - fround(mean * unit)) - fround(meanLow * unit))
  const step = fround(delta * reciprocal)
  const meanStep = fround(meanLow + fround(step / unit))
  const newMean = fround(mean + meanStep)
  moments[at + MOMENTS.mean] = newMean
  moments[at + MOMENTS.meanLow] = lostIn(newMean, mean, meanStep)

  const square = fround(step * fround(delta - step))
  const varianceStep = fround(varianceLow + fround(square - fround(variance * reciprocal)))
  const newVariance = fround(variance + varianceStep)
  moments[at + MOMENTS.variance] = isLarge ? -newVariance : newVariance
  moments[at + MOMENTS.varianceLow] = lostIn(newVariance, variance, varianceStep)
}

/** What rounding a + b to `sum` lost, exactly. */
function lostIn(sum: number, a: number, b: number): number {
  return Math.abs(a) >= Math.abs(b) ? fround(b - fround(sum - a)) : fround(a - fround(sum - b))
}
