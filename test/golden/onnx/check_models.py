"""Holds the stochastic models to ONNX's own judges. `pip install onnx==1.23.1 onnxruntime==1.30.0 numpy`, then

    npm run build && node test/golden/onnx/stochastic.mjs FOLDER && python test/golden/onnx/check_models.py FOLDER

For each model: onnx.checker with full_check, and with noise of ones (rate 0) the outputs of the original with its
dropout off, bit for bit, with ONNX Runtime's optimiser off and on.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime as ort

HERE = pathlib.Path(__file__).parent
out = pathlib.Path(sys.argv[1])
rng = np.random.default_rng(1)
SIZES = {"batch": 2, "n": 2, "height": 9, "width": 8}
KINDS = {"tensor(float)": np.float32, "tensor(bool)": bool, "tensor(int64)": np.int64}


def inactive(path):
    """The original, with `training` false where it has that initializer: an active Dropout is random."""
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        if tensor.name == "training":
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.array(False), "training"))
    return model.SerializeToString()


def session(model, level):
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 3
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def feed(arg):
    shape = [SIZES.get(size, size) for size in arg.shape]
    return (rng.normal(size=shape) * 3).astype(KINDS[arg.type])


levels = {"off": ort.GraphOptimizationLevel.ORT_DISABLE_ALL, "on": ort.GraphOptimizationLevel.ORT_ENABLE_ALL}
failed = False
print("onnx", onnx.__version__, "onnxruntime", ort.__version__)
for path in sorted(HERE.glob("*.onnx")):
    onnx.checker.check_model(str(out / path.name), full_check=True)
    noise = {given["name"]: given for given in json.loads((out / f"{path.stem}.json").read_text())}
    said = []
    for level, value in levels.items():
        original, ours = session(inactive(path), value), session(str(out / path.name), value)
        for trial in range(2):  # of an If, both branches
            feeds = {arg.name: feed(arg) for arg in original.get_inputs()}
            if "first" in feeds:
                feeds["first"] = np.array(trial == 0)
            # Ones of the smallest shape that the rank allows: Mul broadcasts.
            ones = {name: np.ones([1] * len(given["noiseShape"]), np.float32) for name, given in noise.items()}
            for arg in ours.get_inputs():
                if arg.name in ones:
                    fixed = [size if isinstance(size, int) else 1 for size in arg.shape]
                    ones[arg.name] = np.ones(fixed, np.float32)
            before, after = original.run(None, feeds), ours.run(None, {**feeds, **ones})
            for arg, a, b in zip(original.get_outputs(), before, after):
                # ONNX Runtime leaves the mask of an inactive Dropout false before operator set 12, and true since.
                same = b.all() if arg.name == "mask" else a.tobytes() == b.tobytes() and a.shape == b.shape
                if not same:
                    failed = True
                    said.append(f"{arg.name} differs with the optimiser {level}: {a.ravel()[:4]} {b.ravel()[:4]}")
    points = ", ".join(f"{given['tensor']} at {given['rate']}" for given in noise.values())
    print(f"{path.name}: checker passed; {'; '.join(said) or 'rate 0 is the original'} ({points})")
sys.exit(failed)
