/** Some sizes are only known when the model runs: extra outputs let a session read them once. */

import { create } from '@bufbuild/protobuf'
import { NodeProtoSchema, TensorProto_DataType, ValueInfoProtoSchema } from 'onnx-buf'
import { OnnxModelError } from './errors.js'
import { type NoiseInput, nameOf } from './options.js'
import type { Rewritten } from './rewrite.js'

/** Symbolic sizes of the graph's inputs, by input name. */
export type Symbols = ReadonlyMap<string, readonly (string | undefined)[]>

export function symbolsOf({ model }: Rewritten): Symbols {
  return new Map(
    model.graph.input.map(({ name, type }) => {
      const dims = type?.value.case === 'tensorType' ? (type.value.value.shape?.dim ?? []) : []
      return [name, dims.map(({ value }) => (value.case === 'dimParam' ? value.value : undefined))]
    }),
  )
}

/**
 * Adds a shape output for each multiplied tensor whose noise needs a size that follows neither from the model nor from
 * the shapes of its inputs.
 *
 * @returns for each noise input, the name of the shape output; undefined if not needed
 * @throws OnnxModelError if such a tensor is in a subgraph, which no graph output can reach
 */
export function addShapeOutputs(rewritten: Rewritten, symbols: Symbols): (string | undefined)[] {
  const { model, inputs, nested, name } = rewritten
  const told = new Set([...symbols.values()].flat())
  return inputs.map((input, i) => {
    const axis = input.noiseShape.findIndex((entry, a) => {
      const size = input.shape[a]
      return entry === null && typeof size !== 'number' && !(size !== null && told.has(size))
    })
    if (axis < 0) return undefined
    if (nested[i]) {
      throw new OnnxModelError(
        `noiseshape: the size of dim ${axis} of ${nameOf(input)} is not known before the model runs, because it lies in a subgraph. Pass a noise shape with that size, or with 1.`,
      )
    }
    return addShapeOutput(model.graph, input, name)
  })
}

function addShapeOutput(
  { node, output }: Rewritten['model']['graph'],
  input: NoiseInput,
  name: Rewritten['name'],
): string {
  const shape = name(`${input.name}_shape`)
  node.push(
    create(NodeProtoSchema, {
      opType: 'Shape',
      input: [input.tensor],
      output: [shape],
      name: name(`${shape}/Shape`),
    }),
  )
  const dim = [{ value: { case: 'dimParam', value: `${shape}_rank` } as const }]
  output.push(
    create(ValueInfoProtoSchema, {
      name: shape,
      type: {
        value: { case: 'tensorType', value: { elemType: TensorProto_DataType.INT64, shape: { dim } } },
      },
    }),
  )
  return shape
}
