// @ts-check
// Writes mul.onnx, the model of the ONNX Runtime Web peer: y = Mul(x, noise), float32, shapes left open so that one
// session serves every case. `node bench/peers/mul-onnx.mjs`. With the Python package onnx it is
//   g = make_graph([make_node('Mul', ['x', 'noise'], ['y'])], 'dropout', [f('x'), f('noise')], [f('y')])
//   make_model(g, opset_imports=[make_opsetid('', 13)], ir_version=8), where f = lambda n: make_tensor_value_info(n, 1, None)

import { writeFileSync } from 'node:fs'

// Protocol buffers in two lines: a field is its number and kind, then a number or a length and so many bytes.
const number = (/** @type {number} */ field, /** @type {number} */ value) => [field << 3, value]
const bytes = (/** @type {number} */ field, /** @type {Iterable<number> | string} */ value) => {
  const body = typeof value === 'string' ? Buffer.from(value) : [...value]
  return [(field << 3) | 2, body.length, ...body] // every length here is below 128, so it takes one byte
}

// Field numbers from onnx.proto3: ModelProto, GraphProto, NodeProto, ValueInfoProto, TypeProto.
const FLOAT = 1
const float = (/** @type {string} */ name) => [...bytes(1, name), ...bytes(2, bytes(1, number(1, FLOAT)))]
const mul = [...bytes(1, 'x'), ...bytes(1, 'noise'), ...bytes(2, 'y'), ...bytes(4, 'Mul')]
const graph = [
  ...bytes(1, mul),
  ...bytes(2, 'dropout'),
  ...bytes(11, float('x')),
  ...bytes(11, float('noise')),
  ...bytes(12, float('y')),
]
const opset13 = [...bytes(1, ''), ...number(2, 13)]
const model = [...number(1, 8), ...bytes(7, graph), ...bytes(8, opset13)]
writeFileSync(new URL('mul.onnx', import.meta.url), Uint8Array.from(model))
