/** Statistics need float32: outputs of other floating-point types are converted in the model. */

import { isDroppable } from './inference/element-types.js'
import { integerAttribute, makeNode } from './make-node.js'
import { DataType as Type } from './messages.js'
import { renameTensor } from './node-edits.js'
import type { Rewritten } from './rewrite.js'

/** Appends a Cast to each output of the graph that holds float16, bfloat16 or float64; the output keeps its name. */
export function castOutputs({ model, outputs, name }: Rewritten): void {
  const { graph } = model
  for (const info of graph.output) {
    const { type = Type.FLOAT } = outputs.get(info.name) ?? {}
    if (type === Type.FLOAT || !isDroppable(type)) continue
    const producer = graph.node.find(({ output }) => output.includes(info.name))
    if (!producer || !info.type?.tensorType) continue
    const uncast = name(`${info.name}_uncast`)
    producer.output = producer.output.map((output) => (output === info.name ? uncast : output))
    renameTensor(graph, info.name, uncast)
    const to = integerAttribute('to', Type.FLOAT)
    graph.node.push(makeNode('Cast', [uncast], info.name, name(`${uncast}/Cast`), [to]))
    info.type.tensorType.elemType = Type.FLOAT
  }
}
