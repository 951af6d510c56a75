/** What to do with a value that was passed for the array of a tensor, by what the value is. */

import type { ElementType } from './elements/element.js'

/** The remedy for a wrong `x`. */
export function tensorRemedy(x: unknown, { array: { name } }: ElementType): string {
  const convert = `${name}.from(x)`
  if (Array.isArray(x)) {
    if (Array.isArray(x[0])) return `Flatten it: ${name}.from(x.flat(Infinity))`
    if (ArrayBuffer.isView(x[0])) return `Flatten it: ${name}.from(x.flatMap((row) => [...row]))`
    return `Convert it with ${convert}`
  }
  if (has(x, 'then')) return 'Pass what it resolves to: await it'
  if (has(x, 'mapAsync')) return 'Use createDropout of noiseshape/webgpu, which works on GPUBuffers'
  if (has(x, 'dataSync')) return 'Use dropout of noiseshape/tfjs, or pass await x.data()'
  if (has(x, 'getData')) return 'Pass await x.getData()'
  switch (Object.prototype.toString.call(x).slice(8, -1)) {
    case name:
      return `Convert it with ${convert}: it belongs to another window or frame`
    case 'Uint16Array':
      return `Convert it: these look like float16 bits. ${name}.from(new Float16Array(x.buffer, x.byteOffset, x.length)) decodes them`
    case 'Uint8Array':
      return `Convert it with ${convert} if each entry is a value; pass new ${name}(Uint8Array.from(x).buffer) if they are the bytes of float32 values`
    case 'Float64Array':
      return `Convert it with ${convert}, which rounds each value to float32`
    case 'BigInt64Array':
    case 'BigUint64Array':
      return `Convert it with ${name}.from(x, Number)`
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
      return `Pass new ${name}(x)`
    case 'DataView':
      return `Pass new ${name}(x.buffer.slice(x.byteOffset, x.byteOffset + x.byteLength))`
    default:
      return ArrayBuffer.isView(x)
        ? `Convert it with ${convert}`
        : `Pass a ${name} of the tensor's values, row-major`
  }
}

function has(value: unknown, member: string): boolean {
  return typeof value === 'object' && value !== null && member in value
}
