/** Lists the tensors of a model, so that points can be chosen without another tool. */

import { isDropout } from './dropout-sites.js'
import { isDroppable } from './inference/element-types.js'
import { DataType as Type } from './messages.js'
import { readModel } from './model.js'
import { type Scope, scopesOf } from './scope.js'
import { type Describe, describeTensors } from './shape-inference.js'

export interface TensorDescription {
  name: string
  /**
   * `activation`: computed from the inputs, and of floating-point numbers: what dropout is for. `weight`: stored in the
   * model. `other`: computed, but of integers, truth values or text, which cannot be dropped.
   */
  kind: 'input' | 'weight' | 'activation' | 'other'
  /** Whether it is an output of the model. */
  isOutput: boolean
  /** e.g. `'float32'`, `'int64'`; undefined if the model does not tell. */
  elementType: string | undefined
  /** Its sizes: symbolic ones by name, unknown ones null; undefined if not even the rank is known. */
  shape: readonly (number | string | null)[] | undefined
  /** The node that computes it; undefined for inputs and stored weights. */
  producer: { operator: string; name: string } | undefined
  /** Whether it is the result of a Dropout node. */
  isDropout: boolean
}

export interface ModelDescription {
  /** Version of the operator set. */
  operatorSet: number
  /** Names of the inputs without a default, and of the outputs. */
  inputNames: readonly string[]
  outputNames: readonly string[]
  /** All tensors: inputs, weights, then results in the order of the nodes; those of subgraphs after those of the graph. */
  tensors: readonly TensorDescription[]
}

/**
 * Lists what a model computes: the names to choose dropout points from.
 *
 * @param modelBytes as for `makeStochastic`
 * @throws OnnxModelError for bytes that are not an ONNX model with operator set 7 or later; TypeError if not bytes
 */
export function describeModel(modelBytes: Uint8Array | ArrayBuffer): ModelDescription {
  const { graph, opset } = readModel(modelBytes)
  const scopes = scopesOf(graph)
  const describe = describeTensors(scopes)
  const [main] = scopes
  return {
    operatorSet: opset,
    inputNames: graph.input.map(({ name }) => name).filter((name) => !main.initializers.has(name)),
    outputNames: graph.output.map(({ name }) => name),
    tensors: scopes.flatMap((scope) => tensorsOf(scope, describe)),
  }
}

function tensorsOf(scope: Scope, describe: Describe): TensorDescription[] {
  const outputs = new Set(scope.parent ? [] : scope.graph.output.map(({ name }) => name))
  const tensor = (name: string, kind?: 'input' | 'weight'): TensorDescription => {
    const { type, shape } = describe(scope, name)
    const producer = scope.producers.get(name)
    return {
      name,
      kind: kind ?? (isDroppable(type) ? 'activation' : 'other'),
      isOutput: outputs.has(name),
      elementType: type === undefined ? undefined : TYPE_NAMES[type],
      shape,
      producer: producer && { operator: producer.opType, name: producer.name },
      isDropout: producer !== undefined && isDropout(producer) && producer.output[0] === name,
    }
  }
  return [
    ...[...scope.inputs].filter((name) => !scope.initializers.has(name)).map((name) => tensor(name, 'input')),
    ...[...scope.initializers.keys()].map((name) => tensor(name, 'weight')),
    ...scope.graph.node.flatMap(({ opType, output }) =>
      output
        .filter((name) => name !== '')
        .map((name) => tensor(name, opType === 'Constant' ? 'weight' : undefined)),
    ),
  ]
}

/** Names of the types as in ONNX Runtime's `Tensor.type`. */
const TYPE_NAMES: Readonly<Record<number, string | undefined>> = {
  ...Object.fromEntries(Object.entries(Type).map(([name, type]) => [type, name.toLowerCase()])),
  [Type.FLOAT]: 'float32',
  [Type.DOUBLE]: 'float64',
}
