/** What the peers on our device share: submitting work, reading a result, dividing a dispatch. */

/** TensorFlow.js submits after 15 dispatches; peers that record their own commands do the same. */
const CALLS_PER_SUBMIT = 15

/** Records `times` calls, submits them in batches and waits until the last is done. */
export async function runOn(
  device: GPUDevice,
  times: number,
  record: (encoder: GPUCommandEncoder) => void,
): Promise<void> {
  for (let done = 0; done < times; done += CALLS_PER_SUBMIT) {
    const encoder = device.createCommandEncoder()
    for (let step = done; step < Math.min(times, done + CALLS_PER_SUBMIT); step++) record(encoder)
    device.queue.submit([encoder.finish()])
  }
  await device.queue.onSubmittedWorkDone()
}

/** Reads the first `bytes` of a buffer back. */
export async function read(device: GPUDevice, buffer: GPUBuffer, bytes = buffer.size): Promise<ArrayBuffer> {
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
  const staging = device.createBuffer({ label: 'bench/read/staging', size: bytes, usage })
  try {
    const encoder = device.createCommandEncoder()
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes)
    device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ)
    return staging.getMappedRange().slice(0)
  } finally {
    staging.destroy()
  }
}

export interface Kernel {
  code: string
  entryPoint: string
  constants?: Record<string, number>
  bindings: GPUBuffer[]
  threads: number
  /** Default 64. */
  workgroupSize?: number
}

/** A pipeline, its one bind group, and a dispatch of enough workgroups: a whole hand-written peer. */
export async function createKernel(device: GPUDevice, kernel: Kernel) {
  const pipeline = await device.createComputePipelineAsync({
    label: `bench/${kernel.entryPoint}`,
    layout: 'auto',
    compute: {
      module: device.createShaderModule({ label: `bench/${kernel.entryPoint}`, code: kernel.code }),
      entryPoint: kernel.entryPoint,
      constants: kernel.constants,
    },
  })
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: kernel.bindings.map((buffer, binding) => ({ binding, resource: { buffer } })),
  })
  const workgroups = Math.ceil(kernel.threads / (kernel.workgroupSize ?? 64))
  const columns = Math.min(workgroups, device.limits.maxComputeWorkgroupsPerDimension)
  const rows = Math.ceil(workgroups / columns)
  return (encoder: GPUCommandEncoder) => {
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, bindings)
    pass.dispatchWorkgroups(columns, rows)
    pass.end()
  }
}
