/** AssemblyScript, compiled to WebAssembly: a running mean and variance of four elements at once. Scalar counterpart: moments.ts. */

/**
 * Adds a value to the moments of each element, in order, up to the first four elements of which one is not ordinary:
 * large or not finite, or with a step so small that float32 does not hold it exactly without the unit.
 *
 * @param moments address of the first element's moments
 * @param values address of its value
 * @param end address past the last value; up to three of the last are left
 * @param unit what deviations are multiplied by
 * @param largeFrom the first large value
 * @returns the address of the first value that is not added
 */
export function addToMoments(
  moments: usize,
  values: usize,
  end: usize,
  reciprocal: f32,
  unit: f32,
  largeFrom: f32,
): usize {
  const weight = f32x4.splat(reciprocal)
  const toUnit = f32x4.splat(unit)
  const fromUnit = f32x4.splat(1 / unit)
  const large = f32x4.splat(largeFrom)
  const zero = f32x4.splat(0)
  for (; values + 16 <= end; values += 16, moments += 64) {
    const value = v128.load(values)
    const a = v128.load(moments, 0)
    const b = v128.load(moments, 16)
    const c = v128.load(moments, 32)
    const d = v128.load(moments, 48)
    const meansAB = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
    const meansCD = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
    const variancesAB = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
    const variancesCD = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
    const mean = v128.shuffle<f32>(meansAB, meansCD, 0, 1, 4, 5)
    const meanLow = v128.shuffle<f32>(meansAB, meansCD, 2, 3, 6, 7)
    const variance = v128.shuffle<f32>(variancesAB, variancesCD, 0, 1, 4, 5)
    const varianceLow = v128.shuffle<f32>(variancesAB, variancesCD, 2, 3, 6, 7)

    const difference = f32x4.sub(f32x4.mul(value, toUnit), f32x4.mul(mean, toUnit))
    const delta = f32x4.sub(difference, f32x4.mul(meanLow, toUnit))
    const step = f32x4.mul(delta, weight)
    const stepOfMean = f32x4.mul(step, fromUnit)
    const small = v128.and(f32x4.lt(f32x4.abs(value), large), f32x4.lt(f32x4.abs(mean), large))
    const exact = f32x4.eq(f32x4.mul(stepOfMean, toUnit), step)
    if (!i32x4.all_true(v128.and(v128.and(small, exact), f32x4.ge(variance, zero)))) break

    const meanStep = f32x4.add(meanLow, stepOfMean)
    const newMean = f32x4.add(mean, meanStep)
    const newMeanLow = lostIn(newMean, mean, meanStep)
    const square = f32x4.mul(step, f32x4.sub(delta, step))
    const change = f32x4.sub(square, f32x4.mul(variance, weight))
    const varianceStep = f32x4.add(varianceLow, change)
    const newVariance = f32x4.add(variance, varianceStep)
    const newVarianceLow = lostIn(newVariance, variance, varianceStep)

    const newMeansAB = v128.shuffle<f32>(newMean, newMeanLow, 0, 4, 1, 5)
    const newMeansCD = v128.shuffle<f32>(newMean, newMeanLow, 2, 6, 3, 7)
    const newVariancesAB = v128.shuffle<f32>(newVariance, newVarianceLow, 0, 4, 1, 5)
    const newVariancesCD = v128.shuffle<f32>(newVariance, newVarianceLow, 2, 6, 3, 7)
    v128.store(moments, v128.shuffle<f32>(newMeansAB, newVariancesAB, 0, 1, 4, 5), 0)
    v128.store(moments, v128.shuffle<f32>(newMeansAB, newVariancesAB, 2, 3, 6, 7), 16)
    v128.store(moments, v128.shuffle<f32>(newMeansCD, newVariancesCD, 0, 1, 4, 5), 32)
    v128.store(moments, v128.shuffle<f32>(newMeansCD, newVariancesCD, 2, 3, 6, 7), 48)
  }
  return values
}

/** What rounding a + b to `sum` lost: exactly if |a| >= |b|, else up to 2^-24 of b. */
function lostIn(sum: v128, a: v128, b: v128): v128 {
  return f32x4.sub(b, f32x4.sub(sum, a))
}
