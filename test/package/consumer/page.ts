// A user's page: Vite bundles it from the installed package, headless Chrome runs it, the test reads `result`.
import { createEngine } from 'noiseshape'
import { createDropout } from 'noiseshape/webgpu'

declare global {
  var result: Promise<{ backend: string; engine: string[]; op: string[]; wanted: string[] }>
}

const hex = (buffer: ArrayBufferLike) =>
  Array.from(new Uint32Array(buffer), (word) => word.toString(16).padStart(8, '0'))

async function compute() {
  const answer = (await (await fetch('./golden.json')).json()).outputs[2]
  const { shape, noiseShape, rate } = answer
  const call = { seed: BigInt(answer.seed), stream: answer.stream, step: BigInt(answer.call) }
  const x = new Float32Array(Uint32Array.from(answer.x, (word: string) => Number.parseInt(word, 16)).buffer)

  const engine = await createEngine({ backend: 'webgpu' })
  const y = await engine.dropout(x, { shape, rate, noiseShape, ...call })
  engine.destroy()

  const adapter = await navigator.gpu.requestAdapter()
  if (!adapter) throw new Error('this browser has no WebGPU adapter')
  const device = await adapter.requestDevice()
  const { COPY_SRC, COPY_DST, MAP_READ, STORAGE } = GPUBufferUsage
  const data = device.createBuffer({ size: x.byteLength, usage: STORAGE | COPY_SRC | COPY_DST })
  const readback = device.createBuffer({ size: x.byteLength, usage: MAP_READ | COPY_DST })
  device.queue.writeBuffer(data, 0, x)
  const op = createDropout(device, { shape, rate, noiseShape })
  const encoder = device.createCommandEncoder()
  op.encode(encoder, { input: data, output: data }, call)
  encoder.copyBufferToBuffer(data, 0, readback, 0, x.byteLength)
  device.queue.submit([encoder.finish()])
  await readback.mapAsync(GPUMapMode.READ)
  const inPlace = hex(readback.getMappedRange().slice(0))
  op.destroy()
  device.destroy()

  return { backend: engine.backend, engine: hex(y.buffer), op: inPlace, wanted: answer.y as string[] }
}

globalThis.result = compute()
