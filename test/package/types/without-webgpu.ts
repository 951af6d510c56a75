// Not compilable without the types of WebGPU: they are WebGPUTypesAreMissing there.
import { createEngine } from 'noiseshape'

export async function use() {
  return (await createEngine()).device?.queue
}
