/** One case of Monte Carlo dropout with one network: setting in, report out. */

import type { PredictionCase } from '../cases.js'
import { type ContestOptions, hold } from '../contest.js'
import type { NetworkName } from '../networks/names.js'
import { loadNetwork } from '../networks/network.js'
import { isMeasured, PREDICTION_REFERENCE, type PredictionReport, withRatiosTo } from '../report.js'
import { createChecks } from './check.js'
import type { Prediction, PredictionSetting, Predictor } from './predictor.js'

/** Factor on the time limit of one dropout: 100 samples of 32 digits took a software GPU 10 to 33 s. */
const PATIENCE = 3

export async function runPrediction(
  { name, title, samples }: PredictionCase,
  networkName: NetworkName,
  predictors: readonly Predictor[],
  { pace, ...options }: ContestOptions,
): Promise<PredictionReport> {
  const network = await loadNetwork(networkName)
  const entrants: PredictionReport['entrants'] = []
  // Both kinds use the same cores, so one is measured after the other.
  for (const [i, kind] of (['gpu', 'cpu'] as const).entries()) {
    const contenders = predictors.filter(
      ({ kind: its, networks }) => its === kind && (networks?.includes(networkName) ?? true),
    )
    if (contenders.length === 0) continue
    const outcomes = await hold<PredictionSetting, Prediction, Predictor>(
      { setting: { network, samples }, contenders, work: 1, check: createChecks(network, samples) },
      {
        ...options,
        // A slow one is tried with each network: what one of them takes does not tell what another will.
        pace: { limitMs: PATIENCE * pace.limitMs, msPerWork: new Map() },
        onShare: (share, what) => options.onShare((i + share) / 2, what),
      },
    )
    entrants.push(...withRatiosTo(PREDICTION_REFERENCE[kind], outcomes.filter(isMeasured)))
    entrants.push(...outcomes.filter((outcome) => outcome.status !== 'ok'))
  }
  const order = ({ peer }: { peer: string }) => predictors.findIndex(({ name }) => name === peer)
  entrants.sort((a, b) => order(a) - order(b))
  return { name, title, network: networkName, samples, entrants }
}
