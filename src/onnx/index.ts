/** noiseshape/onnx: dropout that stays on in ONNX models, and Monte Carlo predictions with ONNX Runtime Web. */

export type {
  OutputKind,
  Prediction,
  PredictionOf,
  PredictionProgress,
  SamplesUntilSettled,
} from '../monte-carlo/index.js'
export type { NoiseShape } from '../options.js'
export { describeModel, type ModelDescription, type TensorDescription } from './describe-model.js'
export { OnnxModelError } from './errors.js'
export { type MakeStochasticOptions, makeStochastic, type SplitStochasticModel } from './make-stochastic.js'
export type { Model as ParsedModel } from './model.js'
export type { ModelSplit } from './open-network.js'
export type {
  DropoutPoint,
  ElementType,
  NoiseInput,
  PointDescription,
  PointOptions,
  StochasticModel,
  StochasticOptions,
} from './options.js'
export type { ExecutionProvider, OrtModule } from './ort.js'
export { pointsFrom } from './points-from.js'
export {
  createMonteCarloSession,
  type MonteCarloSession,
  type MonteCarloSessionOptions,
  type PredictOptions,
  type ShapedPrediction,
} from './session.js'
export {
  type Confidence,
  lastPoint,
  type Suggestion,
  type SuggestionKind,
  type SuggestOptions,
  suggestPoints,
} from './suggest/suggest-points.js'
