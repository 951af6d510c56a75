/** Statistics need float32: outputs of other floating-point types are converted in the model. */

import { integerAttribute, makeNode } from './make-node.js'
import { DataType as Type } from './messages.js'
import { renameTensor } from './node-edits.js'
import type { Rewritten } from './rewrite.js'

const NARROW_OR_WIDE = new Map<number | undefined, string>([
  [Type.FLOAT16, 'float16'],
  [Type.BFLOAT16, 'bfloat16'],
  [Type.DOUBLE, 'float64'],
])

/** Appends a Cast to each output of the graph that holds float16, bfloat16 or float64; the output keeps its name. */
export function castOutputs({ model, outputs, name }: Rewritten): void {
  const { graph } = model
  for (const info of graph.output) {
    const type = NARROW_OR_WIDE.get(outputs.get(info.name)?.type)
    const producer = graph.node.find(({ output }) => output.includes(info.name))
    if (type === undefined || !producer || !info.type?.tensorType) continue
    const uncast = name(`${info.name}_${type}`)
    producer.output = producer.output.map((output) => (output === info.name ? uncast : output))
    renameTensor(graph, info.name, uncast)
    const to = integerAttribute('to', Type.FLOAT)
    graph.node.push(makeNode('Cast', [uncast], info.name, name(`${uncast}/Cast`), [to]))
    info.type.tensorType.elemType = Type.FLOAT
  }
}
