"""Writes the digits that the network learns from and those that it is tested on: train-split.json and test-split.json.

Run at development time only, with Python 3.11 and
    pip install numpy==2.4.6 scikit-learn==1.9.1
    python models/digits/splits.py
"""

import json
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent


def load():
    """Training images, test images and their labels. Pixels are whole numbers 0 to 16; the network sees them divided by 16."""
    digits = load_digits()
    return train_test_split(
        digits.images.astype(np.int64), digits.target, test_size=360, random_state=0, stratify=digits.target
    )


def as_text(image):
    """One character for each pixel, in base 17."""
    return "".join("0123456789abcdefg"[pixel] for pixel in image.reshape(-1))


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def write_splits():
    train_images, test_images, train_labels, test_labels = load()
    for name, images, labels in [("train", train_images, train_labels), ("test", test_images, test_labels)]:
        write_json(
            HERE / f"{name}-split.json",
            {"labels": "".join(map(str, labels)), "pixels": [as_text(image) for image in images]},
        )


if __name__ == "__main__":
    write_splits()
