/** A running mean and variance on the CPU. GPU counterpart: `added` in shaders/statistics.wgsl, with the same bits. */

import { MOMENTS, UNITS } from './statistics.js'

const { abs, fround } = Math
const { mean: MEAN, meanLow: MEAN_LOW, variance: VARIANCE, varianceLow: VARIANCE_LOW } = MOMENTS
const { ordinary: ORDINARY, large: LARGE, largeFrom: LARGE_FROM, leastLarge: LEAST_LARGE } = UNITS

/** From one unit of the deviations to the other. */
const TO_LARGE = LARGE / ORDINARY

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
  const mean = moments[at + MEAN]
  const variance = moments[at + VARIANCE]
  const isOrdinary = abs(value) < LARGE_FROM && abs(mean) < LARGE_FROM && variance >= 0
  if (isOrdinary && reciprocal !== 1) {
    update(moments, at, value, reciprocal, ORDINARY, 1 / ORDINARY, variance, moments[at + VARIANCE_LOW])
  } else if (reciprocal === 1) {
    moments[at + MEAN] = value
    moments[at + VARIANCE] = Number.isFinite(value) ? 0 : Number.NaN
  } else if (Number.isFinite(value) && Number.isFinite(mean)) {
    addLarge(moments, at, value, reciprocal)
  } else {
    moments[at + MEAN] = mean + value
    moments[at + MEAN_LOW] = 0
    moments[at + VARIANCE] = Number.NaN
    moments[at + VARIANCE_LOW] = 0
  }
}

/** Chooses the unit, and converts the variance to it. */
function addLarge(moments: Float32Array, at: number, value: number, reciprocal: number): void {
  const larger = Math.max(abs(value), abs(moments[at + MEAN]))
  const held = moments[at + VARIANCE]
  const isLarge = larger >= LARGE_FROM || -held >= LEAST_LARGE
  const shift = isLarge === held < 0 ? 1 : isLarge ? TO_LARGE : 1 / TO_LARGE
  const variance = fround(fround(abs(held) * shift) * shift)
  const varianceLow = fround(fround(moments[at + VARIANCE_LOW] * shift) * shift)
  const unit = isLarge ? LARGE : ORDINARY
  update(moments, at, value, reciprocal, unit, 1 / unit, variance, varianceLow)
  if (isLarge) moments[at + VARIANCE] *= -1
}

/** Rounds what float32 would round: a product with a power of two and what a sum lost are exact in both. */
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

/** What rounding a + b to `sum` lost. */
function lostIn(sum: number, a: number, b: number): number {
  return abs(a) >= abs(b) ? b - (sum - a) : a - (sum - b)
}
