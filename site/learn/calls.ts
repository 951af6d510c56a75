/** The same dropout in each framework: the name of its layer, and code that can be copied. */

import { inLetters, type Shapes, write } from './shapes.js'

export interface Draw {
  rate: number
  seed: number
}

export interface Call {
  framework: 'Keras' | 'PyTorch' | 'Flax' | 'TensorFlow.js' | 'noiseshape'
  /** The layer's name, or how it is written where there is none: "Dropout with noise_shape". */
  layer: string
  code: string
}

/** What everyone calls this pattern, if it has a name. The batch is axis 0 and the channels are the last axis. */
export function patternName({ axes, noise }: Shapes): string | undefined {
  const rank = axes.length
  const shared = noise.map((size, axis) => size === 1 && axes[axis].size !== 1)
  const inner = shared.slice(1, -1)
  if (!shared.includes(true)) return 'Dropout'
  if (rank >= 3 && !shared[0] && !shared[rank - 1] && inner.every(Boolean))
    return `SpatialDropout${rank - 2}D`
  if (rank >= 2 && !shared[0] && shared.slice(1).every(Boolean)) return 'DropPath (stochastic depth)'
  if (rank >= 2 && shared[0] && !shared.slice(1).includes(true)) return 'one mask for the batch'
  if (rank === 3 && !shared[0] && !shared[1] && shared[2]) return 'whole steps, e.g. words'
  return undefined
}

export function callsFor(shapes: Shapes, { rate, seed }: Draw): Call[] {
  const { axes, noise } = shapes
  const sizes = axes.map(({ size }) => size)
  const shared = noise.flatMap((size, axis) => (size === 1 && sizes[axis] !== 1 ? [axis] : []))
  const spatial = /^SpatialDropout(\d)D$/.exec(patternName(shapes) ?? '')?.[1]
  const plain = shared.length === 0
  const tuple = (list: readonly (number | string)[]) => `(${list.join(', ')}${list.length === 1 ? ',' : ''})`
  const open = noise.map((size, axis) => (size === 1 && sizes[axis] !== 1 ? 1 : 'None'))

  const keras = spatial
    ? { layer: `SpatialDropout${spatial}D`, args: `${rate}` }
    : {
        layer: plain ? 'Dropout' : 'Dropout with noise_shape',
        args: plain ? `${rate}` : `${rate}, noise_shape=${tuple(open)}`,
      }
  const tfjsLayer = spatial === '1' || plain

  return [
    {
      framework: 'Keras',
      layer: keras.layer,
      code: `layer = keras.layers.${keras.layer.split(' ')[0]}(${keras.args}, seed=${seed})\ny = layer(x, training=True)`,
    },
    { framework: 'PyTorch', ...pytorch(shapes, rate, plain, spatial) },
    {
      framework: 'Flax',
      layer: plain ? 'Dropout' : `Dropout with broadcast_dims=${tuple(shared)}`,
      code: `layer = nnx.Dropout(${rate}${plain ? '' : `, broadcast_dims=${tuple(shared)}`}, rngs=nnx.Rngs(${seed}))\ny = layer(x)`,
    },
    {
      framework: 'TensorFlow.js',
      layer: spatial === '1' ? 'spatialDropout1d' : plain ? 'dropout' : 'dropout with noiseShape',
      code: tfjsLayer
        ? `const layer = tf.layers.${spatial ? 'spatialDropout1d' : 'dropout'}({ rate: ${rate}, seed: ${seed} })\nconst y = layer.apply(x, { training: true })`
        : `const y = tf.dropout(x, ${rate}, [${write(noise)}], ${seed})`,
    },
    {
      framework: 'noiseshape',
      layer: spatial ? `spatialDropout${spatial}D` : plain ? 'dropout' : 'dropout with noiseShape',
      code: spatial
        ? `const y = spatialDropout${spatial}D(x, { shape: [${write(sizes)}], rate: ${rate}, seed: ${seed} })`
        : `const y = dropout(x, { shape: [${write(sizes)}], ${plain ? '' : `noiseShape: [${write(noise)}], `}rate: ${rate}, seed: ${seed} })`,
    },
  ]
}

/** PyTorch has its channels in axis 1, and no noise shape: other patterns multiply by dropped-out ones. */
function pytorch({ noise, axes }: Shapes, rate: number, plain: boolean, spatial: string | undefined) {
  if (plain) return { layer: 'Dropout', code: `y = torch.nn.Dropout(${rate})(x)` }
  if (spatial) {
    const last = axes.length - 1
    return {
      layer: `Dropout${spatial}d, on [N, C, ${['L', 'H, W', 'D, H, W'][Number(spatial) - 1]}]`,
      code: `# x has its channels last, Dropout${spatial}d wants them in axis 1\ny = torch.nn.Dropout${spatial}d(${rate})(x.movedim(${last}, 1)).movedim(1, ${last})`,
    }
  }
  return {
    layer: 'no layer: multiply by dropped-out ones',
    code: `y = x * torch.nn.functional.dropout(torch.ones(${write(noise)}), ${rate})`,
  }
}

/** The numbers of a noise shape in one sentence. */
export function inNumbers(shapes: Shapes, coins: number, each: number): string {
  const zeros = Array.from({ length: Math.min(coins + 1, 3) }, (_, i) => i * each)
  const most = coins * each
  const list = coins > 3 ? `${zeros.join(', ')} … ${most}` : listOf([...zeros, most].slice(0, coins + 1))
  const decides = each === 1 ? 'its own value' : `${each} values`
  return `(${write(shapes.noise)}): ${coins} ${coins === 1 ? 'coin' : 'coins, each'} decides ${decides}; zeros can be ${list}.`
}

function listOf(numbers: readonly number[]): string {
  const unique = [...new Set(numbers)]
  return unique.length === 1 ? `${unique[0]}` : `${unique.slice(0, -1).join(', ')} or ${unique.at(-1)}`
}

/** A text for a note or an issue: the shapes, what they mean, the calls, and the link. */
export function asMarkdown(shapes: Shapes, draw: Draw, sentence: string, link: string): string {
  const sizes = shapes.axes.map(({ size }) => size)
  const name = patternName(shapes)
  const rows = callsFor(shapes, draw).map(({ framework, layer, code }) => {
    const language = framework === 'TensorFlow.js' || framework === 'noiseshape' ? 'js' : 'python'
    return `${framework}: ${layer}\n\n\`\`\`${language}\n${code}\n\`\`\``
  })
  return [
    `**Tensor [${write(sizes)}], noise shape [${write(shapes.noise)}]** = ${inLetters(shapes)}${name ? `, ${name}` : ''}`,
    sentence,
    ...rows,
    `[Try it](${link})`,
  ].join('\n\n')
}
