"""Loads the layer configs of keras-layers.json in Keras 3, as README.md here says."""

import json
from pathlib import Path

import keras
from keras.src.applications.convnext import StochasticDepth


class FixedDropout(keras.layers.Dropout):
    """As in EfficientNet models: a Dropout with its own name."""


class DropPath(keras.layers.Layer):
    """What the class of keras-cv, which is not part of Keras, accepts and writes."""

    def __init__(self, rate=0.5, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


OTHERS = {cls.__name__: cls for cls in (FixedDropout, DropPath, StochasticDepth)}


def plain(value):
    return list(value) if isinstance(value, tuple) else value


layers = json.loads((Path(__file__).parent / "keras-layers.json").read_text())
assert layers, "there are no configs to check"
for layer in layers:
    name, config = layer["class_name"], layer["config"]
    cls = OTHERS.get(name) or getattr(keras.layers, name)
    read = cls.from_config(config).get_config()
    for key, value in config.items():
        assert plain(read[key]) == value, (name, key, value, read[key])
print(f"Keras {keras.__version__} loads all {len(layers)} configs")
