"""Writes the ONNX models of this folder. `pip install onnx==1.23.1 numpy`, then `python make_models.py`.

Each is a few hundred bytes with weights from a fixed seed, made for one way in which a model can hold its dropout.
"""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(20240607)


def weights(name, *shape, dtype=np.float32):
    return numpy_helper.from_array(rng.normal(size=shape).astype(dtype), name)


def scalar(name, value, dtype=np.float32):
    return numpy_helper.from_array(np.array(value, dtype), name)


def info(name, shape, kind=T.FLOAT):
    return h.make_tensor_value_info(name, kind, shape)


def save(name, graph, opset, ir_version=8, functions=(), opsets=(), change=lambda model: None):
    imports = [h.make_opsetid("", opset), *opsets]
    model = h.make_model(graph, opset_imports=imports, ir_version=ir_version, functions=list(functions))
    model.producer_name = "noiseshape tests"
    change(model)
    onnx.checker.check_model(model, full_check=True)
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())


def perceptron(dropout, *, initializers=(), inputs=(), outputs=(), value_info=(), batch="batch"):
    """x [batch, 4] -> Gemm -> Relu -> dropout (hidden -> dropped) -> Gemm -> y [batch, 3]."""
    nodes = [
        h.make_node("Gemm", ["x", "w1", "b1"], ["linear"], name="fc1"),
        h.make_node("Relu", ["linear"], ["hidden"], name="relu"),
        *dropout,
        h.make_node("Gemm", ["dropped", "w2", "b2"], ["y"], name="fc2"),
    ]
    held = [weights("w1", 4, 6), weights("b1", 6), weights("w2", 6, 3), weights("b2", 3), *initializers]
    graph_inputs = [info("x", [batch, 4]), *inputs]
    graph_outputs = [info("y", [batch, 3]), *outputs]
    return h.make_graph(nodes, "perceptron", graph_inputs, graph_outputs, held, value_info=list(value_info))


def convolve():
    sizes = dict(kernel_shape=[3, 3], strides=[1, 1], pads=[0, 0, 0, 0], dilations=[1, 1], group=1)
    return h.make_node("Conv", ["x", "kernel"], ["conv"], name="conv", **sizes)


# The ratio as an attribute; initializers listed as inputs, as they had to be before IR version 4; the batch fixed.
graph = perceptron([h.make_node("Dropout", ["hidden"], ["dropped"], name="drop", ratio=0.25)], batch=2)
graph.input.extend(info(w.name, list(w.dims)) for w in graph.initializer)
save("opset7", graph, 7, ir_version=3)

# No ratio at all, and the mask is a graph output.
drop = h.make_node("Dropout", ["hidden"], ["dropped", "mask"], name="drop")
save("opset11", perceptron([drop], outputs=[info("mask", ["batch", 6], T.BOOL)]), 11, ir_version=6)

# As PyTorch exports an active nn.Dropout(0.3): ratio and training_mode are initializers.
drop = h.make_node("Dropout", ["hidden", "ratio", "training"], ["dropped"], name="drop")
save("opset12", perceptron([drop], initializers=[scalar("ratio", 0.3), scalar("training", True, bool)]), 12, ir_version=7)

# The ratio comes from a Constant node; the sizes between input and output have symbols of their own.
drop = [
    h.make_node("Constant", [], ["ratio"], name="ratio", value_float=0.2),
    h.make_node("Dropout", ["hidden", "ratio"], ["dropped", ""], name="drop"),
]
save("opset13", perceptron(drop, value_info=[info("hidden", ["batch", 6]), info("dropped", ["batch", 6])]), 13)

# Two Dropout nodes behind convolutions, whose sizes the model does not state; again with a mask that the model reads.
def convolutions(with_mask):
    share = [
        h.make_node("Cast", ["mask"], ["flags"], name="flags", to=T.FLOAT),
        h.make_node("ReduceMean", ["flags"], ["share"], name="share", keepdims=0),
    ]
    return h.make_graph(
        [
            convolve(),
            h.make_node("Relu", ["conv"], ["maps"], name="relu"),
            h.make_node("Dropout", ["maps", "ratio1"], ["kept", "mask"] if with_mask else ["kept"], name="drop1"),
            *(share if with_mask else []),
            h.make_node("MaxPool", ["kept"], ["pooled"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
            h.make_node("GlobalAveragePool", ["pooled"], ["average"], name="average"),
            h.make_node("Flatten", ["average"], ["features"], name="flatten"),
            h.make_node("Dropout", ["features", "ratio2"], ["dropped"], name="drop2"),
            h.make_node("Gemm", ["dropped", "w", "b"], ["logits"], name="fc"),
            h.make_node("Softmax", ["logits"], ["y"], name="softmax"),
        ],
        "convolutions",
        [info("x", ["n", 1, "height", "width"])],
        [info("y", ["n", 5]), *([info("share", [])] if with_mask else [])],
        [weights("kernel", 8, 1, 3, 3), weights("w", 8, 5), weights("b", 5), scalar("ratio1", 0.4), scalar("ratio2", 0.5)],
    )


save("convolutions", convolutions(with_mask=False), 17)
save("opset22", convolutions(with_mask=True), 22, ir_version=10)

# A model for inference: no Dropout node, and nothing is said of the tensors inside.
graph = h.make_graph(
    [
        convolve(),
        h.make_node("Relu", ["conv"], ["maps"], name="relu"),
        h.make_node("Flatten", ["maps"], ["features"], name="flatten"),
        h.make_node("Gemm", ["features", "w", "b"], ["y"], name="fc"),
    ],
    "inference",
    [info("x", ["n", 1, 5, 5])],
    [info("y", ["n", 3])],
    [weights("kernel", 4, 1, 3, 3), weights("w", 36, 3), weights("b", 3)],
)
save("inference", graph, 17)

# Half precision between two casts.
graph = h.make_graph(
    [
        h.make_node("Cast", ["x"], ["x16"], name="down", to=T.FLOAT16),
        h.make_node("MatMul", ["x16", "w"], ["hidden"], name="matmul"),
        h.make_node("Dropout", ["hidden", "ratio"], ["dropped"], name="drop"),
        h.make_node("Cast", ["dropped"], ["y"], name="up", to=T.FLOAT),
    ],
    "half",
    [info("x", ["batch", 4])],
    [info("y", ["batch", 6])],
    [weights("w", 4, 6, dtype=np.float16), scalar("ratio", 0.3, np.float16)],
)
save("float16", graph, 13)

# Dropout in both branches of an If and in the body of a Loop, beside one in the main graph.
branch = lambda name, factor: h.make_graph(
    [
        h.make_node("Mul", ["hidden", factor], [f"{name}_scaled"], name=f"{name}_mul"),
        h.make_node("Dropout", [f"{name}_scaled", "ratio"], [f"{name}_out"], name=f"{name}_drop"),
    ],
    name,
    [],
    [info(f"{name}_out", ["batch", 6])],
    value_info=[info(f"{name}_scaled", ["batch", 6])],
)
body = h.make_graph(
    [
        h.make_node("Dropout", ["state", "ratio"], ["kept"], name="loop_drop"),
        h.make_node("Add", ["kept", "one"], ["next_state"], name="loop_add"),
        h.make_node("Identity", ["condition"], ["next_condition"], name="loop_condition"),
    ],
    "body",
    [info("round", [], T.INT64), info("condition", [], T.BOOL), info("state", ["batch", 6])],
    [info("next_condition", [], T.BOOL), info("next_state", ["batch", 6])],
)
graph = h.make_graph(
    [
        h.make_node("MatMul", ["x", "w"], ["hidden"], name="matmul"),
        h.make_node("If", ["first"], ["chosen"], name="if", then_branch=branch("then", "one"), else_branch=branch("else", "two")),
        h.make_node("Loop", ["rounds", "", "chosen"], ["looped"], name="loop", body=body),
        h.make_node("Dropout", ["looped", "ratio"], ["y"], name="drop"),
    ],
    "subgraphs",
    [info("x", ["batch", 4]), info("first", [], T.BOOL)],
    [info("y", ["batch", 6])],
    [weights("w", 4, 6), scalar("ratio", 0.5), scalar("one", 1), scalar("two", 2), scalar("rounds", 3, np.int64)],
    value_info=[info("hidden", ["batch", 6])],
)
save("subgraphs", graph, 16)

# A function of the model's own, metadata, notes, and weights in another file.
twice = h.make_function(
    "noiseshape.tests", "Twice", ["a"], ["b"], [h.make_node("Add", ["a", "a"], ["b"])], [h.make_opsetid("", 18)]
)
drop = [
    h.make_node("Twice", ["hidden"], ["doubled"], name="twice", domain="noiseshape.tests"),
    h.make_node("Dropout", ["doubled", "ratio"], ["dropped"], name="drop", doc_string="a note on the node"),
]
graph = perceptron(drop, initializers=[scalar("ratio", 0.1)], value_info=[info("doubled", ["batch", 6])])
graph.doc_string = "a note on the graph"


def dress(model):
    model.doc_string = "a note on the model"
    model.model_version = 7
    model.domain = "org.example"
    h.set_model_props(model, {"licence": "MIT", "trained on": "nothing"})


custom = [h.make_opsetid("noiseshape.tests", 1)]
save("functions", graph, 18, functions=[twice], opsets=custom, change=dress)

model = onnx.load(HERE / "opset12.onnx")
onnx.external_data_helper.convert_model_to_external_data(
    model, all_tensors_to_one_file=True, location="external.data", size_threshold=0, convert_attribute=False
)
for tensor in model.graph.initializer:
    if tensor.name in ("ratio", "training"):
        del tensor.external_data[:]
        tensor.data_location = T.DEFAULT
(HERE / "external.data").unlink(missing_ok=True)
onnx.save(model, HERE / "external.onnx")

# A function that holds the Dropout itself.
dropping = h.make_function(
    "noiseshape.tests", "Drop", ["a"], ["b"], [h.make_node("Dropout", ["a"], ["b"])], [h.make_opsetid("", 18)]
)
graph = perceptron([h.make_node("Drop", ["hidden"], ["dropped"], name="call", domain="noiseshape.tests")])
save("dropout-in-function", graph, 18, functions=[dropping], opsets=custom)
