/** noiseshape/webgpu: dropout on your own device, in your own buffers and command encoder. */

export type { DrawOptions, DropoutOptions, NoiseShape } from '../options.js'
export { DeviceLostError, WebGPUFailureError, WebGPUUnavailableError } from './errors.js'
export { createDropout, type DropoutOp, type EncodeOptions } from './op.js'
export { type ProbeResult, probeDevice } from './probe.js'
export type { TensorBinding } from './tensors.js'
