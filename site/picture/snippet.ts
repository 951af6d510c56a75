/** The code that produces exactly what the page shows. */

import { formatShape, type Options } from './fields.js'
import type { Layer } from './patterns.js'
import type { Layout } from './picture.js'

/** Ten lines or so, ready to paste; options at their default are left out. */
export function writeSnippet(layer: Layer, options: Options, layout: Layout): string {
  const { shape, noiseShape, rate, seed, stream, step } = options
  const copies = layout.copies === 1 ? '' : `${layout.copies} copies, `
  const order = layout.channels === 'last' ? 'RGB / 255' : 'planes of R, G, B'
  const rows = [
    `shape: ${formatShape(shape)}`,
    layer.method === 'dropout' && noiseShape !== null && `noiseShape: ${formatShape(noiseShape)}`,
    layer.method !== 'dropout' && layer.dataFormat !== 'channelsLast' && `dataFormat: '${layer.dataFormat}'`,
    `rate: ${rate}`,
    `seed: ${literal(seed)}`,
    stream !== 0 && `stream: ${stream}`,
    BigInt(step) !== 0n && `step: ${literal(step)}`,
  ].filter((row) => row !== false)
  return [
    `import { createEngine } from 'noiseshape'`,
    '',
    'const engine = await createEngine()',
    `// x: Float32Array, ${copies}${order}`,
    `const y = await engine.${layer.method}(x, {`,
    ...rows.map((row) => `  ${row},`),
    '})',
  ].join('\n')
}

function literal(value: number | bigint): string {
  return typeof value === 'bigint' ? `${value}n` : String(value)
}
