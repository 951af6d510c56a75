"""Does spatial dropout make a network robust against missing feature maps?

The network of models/digits, without its second dropout, is trained with one variant of dropout on the 16 maps of its
first convolution. Then maps are set to 0 at test time, and nothing else is changed."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional

from dropout import Dropout, variants
from runner import run

NOISE_SHAPES = {"dropout": [None, None, None, None], "spatial": [None, None, 1, 1]}  # of [batch, channels, 8, 8]
RATES = [0.1, 0.25, 0.5]
MAPS = 16
REMOVED = [0, 2, 4, 8]
SUBSETS = 10  # sets of maps to remove, averaged for each seed; the same sets for all variants
EPOCHS = 20


class Network(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.conv1 = nn.Conv2d(1, MAPS, 3, padding=1)
        self.dropout = dropout
        self.conv2 = nn.Conv2d(MAPS, 16, 3)
        self.dense = nn.Linear(16 * 3 * 3, 48)
        self.out = nn.Linear(48, 10)

    def maps(self, images):
        return torch.relu(self.conv1(images))

    def classify(self, maps):
        pooled = functional.max_pool2d(torch.relu(self.conv2(maps)), 2)
        return self.out(torch.relu(self.dense(pooled.flatten(1))))

    def forward(self, images):
        return self.classify(self.dropout(self.maps(images)))


def load():
    """The split of models/digits: 1437 digits to train with, 360 to test with."""
    digits = load_digits()
    images = torch.from_numpy((digits.images / 16).astype(np.float32))[:, None]
    labels = torch.from_numpy(digits.target)
    train, test = train_test_split(
        np.arange(len(labels)), test_size=360, random_state=0, stratify=digits.target
    )
    return images[train], labels[train], images[test], labels[test]


def moved(images, generator):
    """Each image moved by -1, 0 or 1 pixels both ways, as in models/digits."""
    padded = functional.pad(images[:, 0], (1, 1, 1, 1))
    rows, columns = torch.randint(0, 3, (2, len(images), 1), generator=generator)
    rows, columns = rows + torch.arange(8), columns + torch.arange(8)
    return padded[torch.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]][:, None]


def train(images, labels, variant, rate, seed):
    torch.manual_seed(seed)
    network = Network(Dropout(rate, NOISE_SHAPES.get(variant), seed))
    examples = torch.Generator().manual_seed(seed)
    batches = -(-len(images) // 64)
    optimizer = torch.optim.AdamW(network.parameters(), lr=8e-3, weight_decay=1e-2, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * batches)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images), generator=examples).split(64):
            optimizer.zero_grad()
            functional.cross_entropy(network(moved(images[batch], examples)), labels[batch]).backward()
            optimizer.step()
            schedule.step()
    return network.eval()


@torch.no_grad()
def accuracies(network, images, labels, seed):
    """Percent of the images read right, with some of the maps removed."""
    maps = network.maps(images)
    chosen = torch.Generator().manual_seed(seed)
    for removed in REMOVED:
        right = []
        for _ in range(SUBSETS if removed else 1):
            left = maps.clone()
            left[:, torch.randperm(MAPS, generator=chosen)[:removed]] = 0
            right.append((network.classify(left).argmax(1) == labels).double().mean().item())
        yield {"mapsRemoved": removed}, 100 * np.mean(right)


def main():
    train_images, train_labels, test_images, test_labels = load()

    def measure(seed, variant, rate):
        network = train(train_images, train_labels, variant, rate, seed)
        return accuracies(network, test_images, test_labels, seed)

    run(
        "digits",
        {"name": "accuracy on 360 held-out digits", "unit": "%", "higherIsBetter": True},
        NOISE_SHAPES,
        [{"variant": variant, "rate": rate} for variant, rate in variants(NOISE_SHAPES, RATES)],
        measure,
    )


if __name__ == "__main__":
    main()
