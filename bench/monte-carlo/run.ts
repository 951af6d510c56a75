/** One case of Monte Carlo dropout at one number of digits: setting in, report out. */

import { readDigit, toInput } from '../../models/digits/digits.js'
import { samples as images } from '../../models/digits/samples.json'
import type { PredictionCase } from '../cases.js'
import { type ContestOptions, hold } from '../contest.js'
import { isMeasured, type PredictionReport, withRatiosTo } from '../report.js'
import { checkPrediction } from './check.js'
import type { Prediction, PredictionSetting, Predictor } from './predictor.js'

/** The peer that the others are compared with: no copy does such work. */
const REFERENCE = 'noiseshape-onnx'

/** Factor on the time limit of one dropout: 100 samples of 32 digits took a software GPU 10 to 33 s. */
const PATIENCE = 3

export async function runPrediction(
  { name, title, samples }: PredictionCase,
  digits: number,
  predictors: readonly Predictor[],
  { pace, ...options }: ContestOptions,
): Promise<PredictionReport> {
  // The strangest images first: for a plain digit all samples agree, which leaves little to check.
  const rows = Array.from({ length: digits }, (_, i) => images.length - 1 - i)
  const x = toInput(rows.map((image) => readDigit(images[image].pixels)))
  const outcomes = await hold<PredictionSetting, Prediction, Predictor>(
    {
      setting: { digits, samples, x },
      contenders: predictors,
      work: samples * digits,
      check: (_, prediction) => checkPrediction(prediction, rows, samples),
    },
    { ...options, pace: { ...pace, limitMs: PATIENCE * pace.limitMs } },
  )
  const timed = withRatiosTo(REFERENCE, outcomes.filter(isMeasured))
  const entrants = predictors.flatMap((predictor) =>
    [...timed, ...outcomes.filter((outcome) => !isMeasured(outcome))].filter(
      ({ peer }) => peer === predictor.name,
    ),
  )
  return { name, title, digits, samples, entrants }
}
