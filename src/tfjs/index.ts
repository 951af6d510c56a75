/** noiseshape/tfjs: a dropout op and dropout layers for TensorFlow.js, and Monte Carlo dropout for its models. */

export type {
  OutputKind,
  Prediction,
  PredictionOf,
  PredictionProgress,
  SamplesUntilSettled,
} from '../monte-carlo/index.js'
export type { DataFormat, DrawOptions, NoiseShape } from '../options.js'
export { dropout, type TensorDropoutOptions } from './dropout.js'
export {
  Dropout,
  type DropoutConfig,
  DropPath,
  type DropPathConfig,
  FixedDropout,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
  type SpatialDropoutConfig,
  StochasticDepth,
} from './layers.js'
export type { NoiseLayerConfig } from './noise-layer.js'
export { type McPredictOptions, mcPredict } from './predict.js'
export { registerLayers, seedDropout } from './register.js'
