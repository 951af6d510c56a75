/** Some sizes are only known when the model runs: extra outputs let a session read them. */

import { OnnxModelError } from './errors.js'
import { makeInfo, makeNode, tensorAttribute } from './make-node.js'
import { type GraphProto, DataType as Type, tensorType } from './messages.js'
import { nameOf } from './options.js'
import type { PlacedInput, Rewritten } from './rewrite.js'
import { type Scope, subgraphsOf } from './scope.js'

/** Symbolic sizes of the graph's inputs, by input name. */
export type Symbols = ReadonlyMap<string, readonly (string | undefined)[]>

export function symbolsOf({ model }: Rewritten): Symbols {
  return new Map(
    model.graph.input.map(({ name, type }) => {
      const dims = type?.tensorType?.shape?.dim ?? []
      return [name, dims.map(({ dimParam }) => dimParam)]
    }),
  )
}

/**
 * Adds a shape output for each multiplied tensor whose noise needs a size that follows neither from the model nor from
 * the shapes of its inputs. In the branch of an If it has no entries while the other branch is taken.
 *
 * @returns for each noise input, the name of the shape output; undefined if not needed
 * @throws OnnxModelError if such a tensor is in the body of a Loop or Scan, which no graph output can reach
 */
export function addShapeOutputs({ inputs, name }: Rewritten, symbols: Symbols): (string | undefined)[] {
  const told = new Set([...symbols.values()].flat())
  return inputs.map((input) => {
    const axis = input.noiseShape.findIndex((entry, a) => {
      const size = input.shape[a]
      return entry === null && typeof size !== 'number' && !(size !== null && told.has(size))
    })
    return axis < 0 ? undefined : addShapeOutput(input, axis, name)
  })
}

function addShapeOutput(input: PlacedInput, axis: number, name: Rewritten['name']): string {
  const shape = name(`${input.name}_shape`)
  const declare = (output: string) => makeInfo(output, Type.INT64, [`${shape}_rank`])
  input.scope.graph.node.push(makeNode('Shape', [input.plain], shape, name(`${shape}/Shape`)))
  let output = shape
  for (let at: Scope = input.scope; at.parent; at = at.parent) {
    const { graph, parent } = at
    const holder = parent.graph.node.find((node) => subgraphsOf(node).includes(graph))
    if (holder?.opType !== 'If') {
      throw new OnnxModelError(
        `noiseshape: the size of dim ${axis} of ${nameOf(input)} is not known before the model runs, because it lies in the body of a ${holder?.opType}. Pass a noise shape with that size, or with 1.`,
      )
    }
    for (const branch of subgraphsOf(holder)) {
      const own = branch === graph ? output : addEmptyList(branch, name(`${shape}_none`), name)
      branch.output.push(declare(own))
    }
    output = name(`${shape}_taken`)
    holder.output.push(output)
  }
  mainOf(input.scope).graph.output.push(declare(output))
  return output
}

function addEmptyList(graph: GraphProto, list: string, name: Rewritten['name']): string {
  const none = tensorType.make({ dataType: Type.INT64, dims: [0n] })
  graph.node.push(makeNode('Constant', [], list, name(`${list}/Constant`), [tensorAttribute('value', none)]))
  return list
}

function mainOf(scope: Scope): Scope {
  let main = scope
  while (main.parent) main = main.parent
  return main
}
