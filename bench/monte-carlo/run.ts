/** One case of Monte Carlo dropout at one number of digits: setting in, report out. */

import { readDigit, toInput } from '../../models/digits/digits.js'
import { samples } from '../../models/digits/samples.json'
import type { PredictionCase } from '../cases.js'
import { type ContestOptions, hold } from '../contest.js'
import { isMeasured, type PredictionReport, withRatiosTo } from '../report.js'
import { checkPrediction } from './check.js'
import type { Prediction, PredictionSetting, Predictor } from './predictor.js'

/** Who the others are held against, for want of a roof. */
const REFERENCE = 'noiseshape-onnx'

/** Times the limit for one dropout: 100 passes of 32 digits took a software GPU 10 to 33 s. */
const PATIENCE = 3

export async function runPrediction(
  { name, title, passes }: PredictionCase,
  digits: number,
  predictors: readonly Predictor[],
  { pace, ...options }: ContestOptions,
): Promise<PredictionReport> {
  // The strangest first: of a plain digit all passes say the same, which is little to check.
  const rows = Array.from({ length: digits }, (_, i) => samples.length - 1 - i)
  const x = toInput(rows.map((image) => readDigit(samples[image].pixels)))
  const outcomes = await hold<PredictionSetting, Prediction, Predictor>(
    {
      setting: { digits, passes, x },
      contenders: predictors,
      work: passes * digits,
      check: (_, prediction) => checkPrediction(prediction, rows, passes),
    },
    { ...options, pace: { ...pace, limitMs: PATIENCE * pace.limitMs } },
  )
  const timed = withRatiosTo(REFERENCE, outcomes.filter(isMeasured))
  const entrants = predictors.flatMap((predictor) =>
    [...timed, ...outcomes.filter((outcome) => !isMeasured(outcome))].filter(
      ({ peer }) => peer === predictor.name,
    ),
  )
  return { name, title, digits, passes, entrants }
}
