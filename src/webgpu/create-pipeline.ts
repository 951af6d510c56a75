/** Creates layouts and pipelines with labels. It has no shader itself, so that a bundle has only those it uses. */

export interface Stage {
  layout: GPUBindGroupLayout
  pipeline: GPUComputePipeline
}

export function bindGroupLayout(
  device: GPUDevice,
  name: string,
  buffers: readonly GPUBufferBindingLayout[],
): GPUBindGroupLayout {
  return device.createBindGroupLayout({
    label: `noiseshape/${name}`,
    entries: buffers.map((buffer, binding) => ({ binding, visibility: GPUShaderStage.COMPUTE, buffer })),
  })
}

export function createPipeline(
  device: GPUDevice,
  entryPoint: string,
  sources: readonly string[],
  bindGroupLayouts: GPUBindGroupLayout[],
  constants: Record<string, number>,
): GPUComputePipeline {
  const label = `noiseshape/${entryPoint}/pipeline`
  return device.createComputePipeline({
    label,
    layout: device.createPipelineLayout({ label, bindGroupLayouts }),
    compute: {
      module: device.createShaderModule({
        label: `noiseshape/${entryPoint}/module`,
        code: sources.join('\n'),
      }),
      entryPoint,
      constants,
    },
  })
}
