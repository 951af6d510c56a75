"""Makes a model for inference and the places of its dropout in training: see README.md. Change NETWORK and EXAMPLE."""

import gzip
import json
import sys
from pathlib import Path

import onnx
import torch
from torch import nn

NAME = "mlp"
NETWORK = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))
EXAMPLE = torch.zeros(2, 8)


def export(mode: torch.onnx.TrainingMode, path: Path) -> onnx.ModelProto:
    NETWORK.train(mode == torch.onnx.TrainingMode.TRAINING)
    options = {"training": mode, "do_constant_folding": not NETWORK.training, "dynamo": False}
    torch.onnx.export(NETWORK, (EXAMPLE,), path, opset_version=17, output_names=["y"], **options)
    return onnx.load(path)


def points(training: onnx.ModelProto, names: set[str]) -> list[dict]:
    constants = {node.output[0]: node.attribute[0].t for node in training.graph.node if node.op_type == "Constant"}
    dropouts = [node for node in training.graph.node if node.op_type == "Dropout" and node.input[0] in names]
    rates = [float(onnx.numpy_helper.to_array(constants[node.input[1]])) for node in dropouts]
    return [
        {"tensor": node.input[0], "rate": round(rate, 4), "kind": "dropout"} for node, rate in zip(dropouts, rates)
    ]


folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
work = folder / "work.onnx"
training = export(torch.onnx.TrainingMode.TRAINING, work)
inference = export(torch.onnx.TrainingMode.EVAL, work)
work.unlink()
found = points(training, {name for node in inference.graph.node for name in node.output})
for tensor in inference.graph.initializer:
    if len(tensor.raw_data) > 4 * 64:
        tensor.raw_data = bytes(len(tensor.raw_data))
(folder / f"{NAME}.opset17.onnx.gz").write_bytes(gzip.compress(inference.SerializeToString(), mtime=0))
(folder / f"{NAME}.opset17.json").write_text(json.dumps(found))
