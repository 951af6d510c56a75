/** Places that a model states itself: its Dropout nodes, and what PyTorch exports as random nodes in their place. */

import type { NoiseShape } from '../../options.js'
import type { Site } from '../dropout-sites.js'
import { type GraphView, movedFrom } from './graph-view.js'
import type { Place, SuggestionKind } from './place.js'

export function statedPlaces(
  view: GraphView,
  sites: readonly Site[],
  classifiers: readonly Place[],
): Place[] {
  const lastReads = new Set(classifiers.flatMap(({ tensor }) => movedFrom(view, tensor)))
  return sites.flatMap((site): Place[] => {
    const { scope, node, tensor, ratio } = site
    if (scope !== view.scope) return []
    const [output] = node.output
    const isNode = node.opType === 'Dropout'
    // The output of a dropout stands for it. Random nodes are no name that a user knows: the tensor before them is, if
    // they alone use its values.
    const users = view.readers(tensor).filter((reader) => reader.output.some(view.isData))
    const named = isNode || users.length > 1 ? output : tensor
    const noiseShape = site.noiseShape === 'computed' ? undefined : site.noiseShape
    const isLast = lastReads.has(output)
    return [
      {
        tensor: named,
        kind: isLast ? 'classifier' : kindOf(noiseShape),
        role: 'stated',
        confidence: 'high',
        reason: isNode
          ? `the model has the Dropout node '${node.name}' here`
          : `the model itself multiplies by random numbers here: ${nameOf(noiseShape)} that stayed active`,
        near: node,
        rate: ratio,
        noiseShape,
        product: isNode ? undefined : output,
      },
    ]
  })
}

function kindOf(noiseShape: NoiseShape | undefined): SuggestionKind {
  const open = noiseShape?.filter((size) => size !== 1).length ?? 0
  return noiseShape && noiseShape.length > 1 && open <= 1 ? 'droppath' : 'features'
}

function nameOf(noiseShape: NoiseShape | undefined): string {
  if (kindOf(noiseShape) === 'droppath') return 'stochastic depth'
  return noiseShape?.includes(1) ? 'dropout of whole channels' : 'dropout'
}
