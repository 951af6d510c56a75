/**
 * Random operators that stayed active in a model: PyTorch's stochastic depth, Dropout2d and in-place dropout, written
 * out as RandomUniformLike -> Less -> Cast -> Div -> Mul, or Bernoulli -> Div -> Mul. They state rate and noise shape.
 */

import type { NodeProto } from 'onnx-buf'
import { constantValue } from '../ratio.js'
import type { Describe, Description } from '../shape-inference.js'
import { dataInputs, type GraphView } from './graph-view.js'
import type { Place, SuggestionKind } from './place.js'

const RANDOM = new Set('RandomUniformLike RandomUniform Bernoulli'.split(' '))
const STEPS = new Set(
  'Less LessOrEqual Greater GreaterOrEqual Not Cast CastLike Div Mul Floor Add'.split(' '),
)
const MOST_STEPS = 10

export function randomPlaces(view: GraphView, describe: Describe): Place[] {
  return view.nodes.flatMap((random) => {
    if (!RANDOM.has(random.opType)) return []
    const path = [random]
    for (let i = 0; i < MOST_STEPS; i++) {
      const at = path[i]?.output[0]
      const readers = at === undefined ? [] : view.readers(at)
      if (readers.length !== 1) return []
      const [next] = readers
      const [tensor] = dataInputs(view, next).filter((name) => name !== at)
      if (next.opType === 'Mul' && tensor !== undefined && !path.includes(next)) {
        return [{ ...placeOf(view, describe, path, tensor, at), product: next.output[0] }]
      }
      if (!STEPS.has(next.opType)) return []
      path.push(next)
    }
    return []
  })
}

function placeOf(
  view: GraphView,
  describe: Describe,
  path: readonly NodeProto[],
  tensor: string,
  noise: string,
): Place {
  const noiseShape = noiseShapeOf(describe(view.scope, path[0].output[0]), describe(view.scope, noise))
  const kind = kindOf(noiseShape)
  const what =
    kind === 'droppath'
      ? 'stochastic depth'
      : noiseShape?.includes(1)
        ? 'dropout of whole channels'
        : 'dropout'
  return {
    tensor,
    kind,
    role: 'stated',
    confidence: 'high',
    reason: `the model itself multiplies by random numbers here: ${what} that stayed active`,
    near: path[0],
    rate: rateOf(view, path),
    noiseShape,
  }
}

/** 1 where the random numbers have size 1, and open elsewhere. */
function noiseShapeOf(...known: Description[]): (number | null)[] | undefined {
  const shape = known.find((description) => description.shape?.includes(1))?.shape ?? known[0].shape
  return shape?.map((size) => (size === 1 ? 1 : null))
}

function kindOf(noiseShape: readonly (number | null)[] | undefined): SuggestionKind {
  const open = noiseShape?.filter((size) => size === null).length ?? 0
  return noiseShape && noiseShape.length > 2 && open <= 1 ? 'droppath' : 'features'
}

/** The rate from the number that the random ones are compared with, or that they are divided by. */
function rateOf(view: GraphView, path: readonly NodeProto[]): number | undefined {
  for (const { opType, input } of path) {
    const numbers = input
      .map((name) => constantValue(view.scope, name))
      .filter((value) => value !== undefined)
    if (numbers.length !== 1) continue
    const [number] = numbers
    if (number <= 0 || number >= 1) continue
    const keep = opType.startsWith('Less') || opType === 'Div'
    if (keep) return Number((1 - number).toPrecision(6)) // not 0.025000000000000022
    if (opType.startsWith('Greater')) return number
  }
  return undefined
}
