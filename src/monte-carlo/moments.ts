/** A running mean and variance on the CPU. GPU counterpart: `added` in shaders/statistics.wgsl, with the same bits. */

import { MOMENTS, UNITS } from './statistics.js'

const { abs, fround } = Math
const { mean: MEAN, meanLow: MEAN_LOW, variance: VARIANCE, varianceLow: VARIANCE_LOW } = MOMENTS
const { ordinary: ORDINARY, large: LARGE, largeFrom: LARGE_FROM } = UNITS

/** From the ordinary unit of the deviations to the large one. */
const TO_LARGE = LARGE / ORDINARY

/**
 * Adds a value to the moments that start at `at`: Welford's update (Technometrics 4, 1962) of the mean and the variance
 * themselves, each a sum of two float32 numbers (Dekker, Numerische Mathematik 18, 1971). Errors are then some 2^-24 of
 * the mean deviation, for any number of values, and the variance overflows only if it does not fit.
 *
 * A value that is not finite makes the mean infinite or NaN, as in a sum, and the variance NaN.
 *
 * @param reciprocal 1 / the number of this value, counted from 1, in float32
 */
export function addToMoments(moments: Float32Array, at: number, value: number, reciprocal: number): void {
  const mean = moments[at + MEAN]
  const variance = moments[at + VARIANCE]
  if (abs(value) < LARGE_FROM && abs(mean) < LARGE_FROM && variance >= 0) {
    update(moments, at, value, reciprocal, ORDINARY, 1 / ORDINARY, variance, moments[at + VARIANCE_LOW])
  } else if (Number.isFinite(value) && Number.isFinite(mean)) {
    addLarge(moments, at, value, reciprocal)
  } else {
    moments[at + MEAN] = mean + value
    moments[at + MEAN_LOW] = 0
    moments[at + VARIANCE] = Number.NaN
    moments[at + VARIANCE_LOW] = 0
  }
}

/** Adds to a variance in the large unit; one that is not yet in it is converted. */
function addLarge(moments: Float32Array, at: number, value: number, reciprocal: number): void {
  const held = moments[at + VARIANCE]
  const shift = held < 0 ? 1 : TO_LARGE
  const variance = fround(fround(abs(held) * shift) * shift)
  const varianceLow = fround(fround(moments[at + VARIANCE_LOW] * shift) * shift)
  update(moments, at, value, reciprocal, LARGE, 1 / LARGE, variance, varianceLow)
  moments[at + VARIANCE] *= -1
}

/**
 * Rounds what float32 would round. A product with a power of two is exact here; in float32 it is, too, unless it has bits
 * below 2^-149, as `step * fromUnit` may have for a step below 2^-110.
 */
function update(
  moments: Float32Array,
  at: number,
  value: number,
  reciprocal: number,
  unit: number,
  fromUnit: number,
  variance: number,
  varianceLow: number,
): void {
  const mean = moments[at + MEAN]
  const meanLow = moments[at + MEAN_LOW]
  const delta = fround(fround(value * unit - mean * unit) - meanLow * unit)
  const step = fround(delta * reciprocal)
  const meanStep = fround(meanLow + step * fromUnit)
  const newMean = fround(mean + meanStep)
  moments[at + MEAN] = newMean
  moments[at + MEAN_LOW] = lostIn(newMean, mean, meanStep)

  const square = fround(step * fround(delta - step))
  const varianceStep = fround(varianceLow + fround(square - fround(variance * reciprocal)))
  const newVariance = fround(variance + varianceStep)
  moments[at + VARIANCE] = newVariance
  moments[at + VARIANCE_LOW] = lostIn(newVariance, variance, varianceStep)
}

/** What rounding a + b to `sum` lost: exactly if |a| >= |b|, else up to 2^-24 of b. */
function lostIn(sum: number, a: number, b: number): number {
  return fround(b - fround(sum - a))
}
