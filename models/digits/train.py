"""Trains the digits network and writes every file of this folder. README.md says what they are.

Run at development time only, with Python 3.11 and
    pip install torch==2.13.0 numpy==2.4.6 scikit-learn==1.9.1 onnx==1.23.1 onnxscript==0.7.2 onnxruntime==1.30.0
    python models/digits/train.py          (5 minutes on one core)
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import sklearn
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from splits import as_text, load, write_json, write_splits

HERE = Path(__file__).parent
SPATIAL_RATE, RATE = 0.25, 0.5
PASSES = 100  # of one experiment
EXPERIMENTS = 1000  # how often it is repeated, to know how far one of them strays
SPLIT_EXPERIMENTS = 20  # the same for the whole test split
# How far an experiment may lie from the moments over all. A class that all but never comes up has no normal mean: one
# pass in which it does moves that of 100 passes by up to 0.01, which the allowance is for.
BOUND = {"standardErrors": 5, "allowance": 0.01}


# What the network never saw.


def noise(count):
    """Pixels that owe nothing to a digit: a linear congruential generator, so that others can make the same."""
    state, pixels = 1, []
    for _ in range(count * 64):
        state = (1103515245 * state + 12345) % 2**31
        pixels.append((state >> 16) % 17)
    return np.array(pixels).reshape(count, 8, 8)


SHIFTS = {
    "rotated": lambda images: np.rot90(images, 1, (1, 2)),  # a quarter turn against the clock
    "inverted": lambda images: 16 - images,
    "noise": lambda images: noise(len(images)),
}


def to_input(images):
    return torch.from_numpy((images / 16).astype(np.float32))[:, None]


# The network.


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.spatial = nn.Dropout2d(SPATIAL_RATE)
        self.conv2 = nn.Conv2d(16, 16, 3)
        self.dense = nn.Linear(16 * 3 * 3, 48)
        self.dropout = nn.Dropout(RATE)
        self.out = nn.Linear(48, 10)

    def forward(self, image):
        features = self.spatial(torch.relu(self.conv1(image)))
        pooled = nn.functional.max_pool2d(torch.relu(self.conv2(features)), 2)
        hidden = self.dropout(torch.relu(self.dense(pooled.flatten(1))))
        return self.out(hidden)


def moved(images):
    """Each image moved by -1, 0 or 1 pixels both ways. Without it the network tells digits by the columns that the data
    leave empty: anything with ink there, as a digit on its side has, is a confident 4."""
    padded = nn.functional.pad(images[:, 0], (1, 1, 1, 1))
    rows, columns = torch.randint(0, 3, (2, len(images), 1))
    rows, columns = rows + torch.arange(8), columns + torch.arange(8)
    return padded[torch.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]][:, None]


def train(images, labels, epochs=150):
    torch.manual_seed(0)
    network = Digits()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    images, labels = to_input(images), torch.from_numpy(labels)
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(moved(images[batch])), labels[batch]).backward()
            optimizer.step()
        schedule.step()
    return network


# Monte Carlo dropout, with the definitions of Smith and Gal, 2018 (arXiv:1803.08533), section 3.


def draw(network, images, passes):
    """Probabilities [passes, images, 10] with both dropouts active."""
    network.train()
    with torch.no_grad():
        many = to_input(np.tile(images, (passes, 1, 1)))
        logits = torch.cat([network(part) for part in many.split(20_000)]).double()
    return torch.softmax(logits, 1).numpy().reshape(passes, len(images), 10)


def entropy(p):
    return -(p * np.log(np.maximum(p, 1e-300))).sum(-1)


def uncertainty(p):
    predictive, expected = entropy(p.mean(0)), entropy(p).mean(0)
    return {
        "predictiveEntropy": predictive,
        "expectedEntropy": expected,
        "mutualInformation": predictive - expected,
    }


def separation(network, images, labels):
    """AUROC of mutual information: the digits of the split against each kind of what the network never saw."""
    p = draw(network, images, PASSES)
    digits = uncertainty(p)["mutualInformation"]
    others = {
        kind: uncertainty(draw(network, shift(images), PASSES))["mutualInformation"]
        for kind, shift in SHIFTS.items()
    }
    others["together"] = np.concatenate(list(others.values()))
    result = {
        kind: roc_auc_score(np.r_[np.zeros(len(digits)), np.ones(len(other))], np.r_[digits, other])
        for kind, other in others.items()
    }
    result["accuracy"] = (p.mean(0).argmax(1) == labels).mean()
    for key, values in uncertainty(p).items():
        result[f"{key}Of95Percent"] = np.quantile(values, 0.95)  # so low it is in 95 % of the digits
    return result


def repeated_experiment(network, images):
    """Moments over all passes, and how far experiments of PASSES passes lie from them."""
    total, squares, means, measures = 0, 0, [], []
    for _ in range(EXPERIMENTS):
        p = draw(network, images, PASSES)
        total, squares = total + p.sum(0), squares + (p**2).sum(0)
        means.append(p.mean(0))
        measures.append(uncertainty(p))
    mean = total / (EXPERIMENTS * PASSES)
    sd = np.sqrt(squares / (EXPERIMENTS * PASSES) - mean**2)
    return mean, sd, np.array(means), {key: np.array([m[key] for m in measures]) for key in measures[0]}


# Files.


def export(network, name, keep_dropout):
    network.train(keep_dropout)
    spatial = network.spatial
    if keep_dropout:  # for Dropout2d the exporter writes RandomUniformLike and no Dropout: see README.md
        network.spatial = nn.Dropout(SPATIAL_RATE)
    torch.onnx.export(
        network,
        (torch.zeros(2, 1, 8, 8),),
        HERE / name,
        dynamo=True,
        external_data=False,
        verbose=False,
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
    )
    network.spatial = spatial
    tidy(HERE / name)


def tidy(path):
    """Tensors and nodes get the names that README.md tells; what the exporter notes on its own sources goes."""
    model = onnx.load(path)
    names = {"Conv": ["conv1", "conv2"], "Relu": ["features", "rectified", "hidden"], "MaxPool": ["pooled"]}
    names |= {"Reshape": ["flat"], "Gemm": ["dense", "logits"], "Dropout": ["spatial", "dropout"]}
    renamed = {}
    for node in model.graph.node:
        renamed[node.output[0]] = names[node.op_type].pop(0)
    for node in model.graph.node:
        node.input[:] = [renamed.get(value, value) for value in node.input]
        node.output[:] = [renamed[value] for value in node.output]
        node.name = node.output[0]
        del node.metadata_props[:]
    for value in list(model.graph.value_info) + list(model.graph.input) + list(model.graph.output):
        value.name = renamed.get(value.name, value.name)
        del value.metadata_props[:]
    for tensor in model.graph.initializer:
        del tensor.metadata_props[:]
    del model.graph.metadata_props[:], model.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def write_keras(network):
    """The same weights as a Keras 2 model in the layers format of TensorFlow.js."""

    def layer(kind, name, **config):
        return {"class_name": kind, "config": {"name": name, "trainable": True, "dtype": "float32", **config}}

    same = {"data_format": "channels_last"}
    conv = {"kernel_size": [3, 3], "strides": [1, 1], "dilation_rate": [1, 1], "use_bias": True, **same}
    image = {"batch_input_shape": [None, 8, 8, 1]}
    layers = [
        layer("Conv2D", "conv1", filters=16, padding="same", activation="relu", **conv, **image),
        layer("SpatialDropout2D", "spatial", rate=SPATIAL_RATE, **same),
        layer("Conv2D", "conv2", filters=16, padding="valid", activation="relu", **conv),
        layer("MaxPooling2D", "pool", pool_size=[2, 2], strides=[2, 2], padding="valid", **same),
        layer("Flatten", "flat", **same),
        layer("Dense", "dense", units=48, activation="relu", use_bias=True),
        layer("Dropout", "dropout", rate=RATE, noise_shape=None, seed=None),
        layer("Dense", "out", units=10, activation="linear", use_bias=True),
    ]
    state = {key: value.numpy() for key, value in network.state_dict().items()}
    conv_kernel = lambda key: state[key].transpose(2, 3, 1, 0)  # out, in, h, w -> h, w, in, out
    channels_last = state["dense.weight"].reshape(48, 16, 3, 3).transpose(2, 3, 1, 0).reshape(144, 48)
    weights = {
        "conv1/kernel": conv_kernel("conv1.weight"),
        "conv1/bias": state["conv1.bias"],
        "conv2/kernel": conv_kernel("conv2.weight"),
        "conv2/bias": state["conv2.bias"],
        "dense/kernel": channels_last,
        "dense/bias": state["dense.bias"],
        "out/kernel": state["out.weight"].T,
        "out/bias": state["out.bias"],
    }
    topology = {
        "keras_version": "2.15.0",
        "backend": "tensorflow",
        "model_config": {"class_name": "Sequential", "config": {"name": "digits", "layers": layers}},
    }
    specs = [{"name": key, "shape": list(w.shape), "dtype": "float32"} for key, w in weights.items()]
    folder = HERE / "tfjs"
    folder.mkdir(exist_ok=True)
    (folder / "weights.bin").write_bytes(b"".join(w.astype("<f4").tobytes() for w in weights.values()))
    write_json(
        folder / "model.json",
        {
            "format": "layers-model",
            "generatedBy": "keras v2.15.0",
            "convertedBy": "models/digits/train.py",
            "modelTopology": topology,
            "weightsManifest": [{"paths": ["weights.bin"], "weights": specs}],
        },
    )


def choose_samples(network, images, labels):
    """A middling digit of each class, the six that the network finds hardest, and shifted copies of the middling ones."""
    hardness = uncertainty(draw(network, images, 1000))["mutualInformation"]
    order = np.argsort(hardness)
    by_class = [order[labels[order] == digit] for digit in range(10)]
    middling = [int(indices[len(indices) // 2]) for indices in by_class]
    chosen = [("digit", i, images[i]) for i in middling + order[:-7:-1].tolist()]
    for kind, digits in {"rotated": [2, 3, 5, 6, 7, 8], "inverted": [0, 2, 3, 4, 6, 9]}.items():
        shifted = SHIFTS[kind](images)
        chosen += [(kind, middling[digit], shifted[middling[digit]]) for digit in digits]
    chosen += [("noise", None, image) for image in noise(6)]
    return [
        {"kind": kind, "label": None if i is None else int(labels[i]), "pixels": as_text(image)}
        for kind, i, image in chosen
    ], np.array([image for _, _, image in chosen])


def rounded(values, digits=6):
    return np.round(values, digits).tolist()


def main():
    torch.set_num_threads(1)
    train_images, test_images, train_labels, test_labels = load()
    network = train(train_images, train_labels)

    network.eval()
    with torch.no_grad():
        predicted = network(to_input(test_images)).argmax(1).numpy()
    accuracy = (predicted == test_labels).mean()
    print("accuracy without dropout", accuracy)
    assert accuracy >= 0.97

    export(network, "digits.onnx", keep_dropout=True)
    export(network, "digits-inference.onnx", keep_dropout=False)
    write_keras(network)

    samples, images = choose_samples(network, test_images, test_labels)
    write_splits()

    network.eval()
    with torch.no_grad():
        logits = network(to_input(images)).numpy()
    session = onnxruntime.InferenceSession(HERE / "digits-inference.onnx")
    np.testing.assert_allclose(session.run(None, {"image": to_input(images).numpy()})[0], logits, atol=1e-4)

    torch.manual_seed(1)
    mean, sd, means, measures = repeated_experiment(network, images)
    splits = [separation(network, test_images, test_labels) for _ in range(SPLIT_EXPERIMENTS)]
    moments = lambda values, axis=0: {
        "mean": rounded(np.mean(values, axis)),
        "sd": rounded(np.std(values, axis, ddof=1)),
    }
    split = {key: moments([one[key] for one in splits]) for key in splits[0]}
    print(json.dumps(split, indent=1))
    assert split["together"]["mean"] >= 0.8
    usual = {key: split[f"{key}Of95Percent"]["mean"] for key in ("expectedEntropy", "mutualInformation")}
    write_json(HERE / "samples.json", {"usual": usual, "samples": samples})
    strays = np.abs(means - mean) > BOUND["standardErrors"] * sd / np.sqrt(PASSES) + BOUND["allowance"]
    far = [np.abs(values - values.mean(0)) > BOUND["standardErrors"] * values.std(0) for values in measures.values()]
    false_alarms = strays.any((1, 2)) | np.any(far, axis=(0, 2))
    write_json(
        HERE / "expected.json",
        {
            "madeBy": {"torch": torch.__version__, "scikit-learn": sklearn.__version__},
            "accuracyWithoutDropout": rounded(accuracy),
            "testSplit": {"passes": PASSES, "experiments": SPLIT_EXPERIMENTS, **split},
            "samples": {
                "passes": PASSES,
                "experiments": EXPERIMENTS,
                "bound": {**BOUND, "exceededBy": int(false_alarms.sum())},
                "logitsWithoutDropout": rounded(logits),
                "probability": {"mean": rounded(mean), "sdOfOnePass": rounded(sd)},
                **{key: moments(values) for key, values in measures.items()},
            },
        },
    )


if __name__ == "__main__":
    main()
