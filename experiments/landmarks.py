"""Does spatial dropout help where Tompson et al. (2015) introduced it: landmarks, with few images to learn from?

A small network gives a heat map for each of four points of a stick figure. As in the paper, the dropout stands before
the first 1x1 convolution, where neighbouring pixels of a map are alike. The figures are drawn here, each among lines
and a disc that do not belong to it."""

from functools import lru_cache

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from dropout import Dropout, variants
from runner import run

NOISE_SHAPES = {"dropout": [None, None, None, None], "spatial": [None, None, 1, 1]}  # of [batch, channels, 16, 16]
RATES = [0.1, 0.25, 0.5]
SIZE = 32  # pixels of an image, each way
CELL = 2  # pixels of the image for one of the heat map
POINTS = ["head", "left hand", "right hand", "foot"]
STEPS = 200
BATCH = 10
TRAINING_IMAGES = [30, 300]
TEST_IMAGES = 300
TEST_SEED = 1_000


# The images.


def distance(start, end):
    """From each pixel's centre to the line between two points (x, y), or to a point where the two are the same."""
    pixels = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), axis=-1)
    line = end - start
    along = np.clip((pixels - start) @ line / max(line @ line, 1e-9), 0, 1)
    return np.linalg.norm(pixels - start - along[..., None] * line, axis=-1)


def turn(degrees):
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


def draw(random):
    """One image, 0 to about 1, and the positions (x, y) of its points in pixels."""
    image = np.zeros((SIZE, SIZE))

    def stroke(start, end, radius, ink):
        np.maximum(image, ink * np.clip(radius + 0.5 - distance(start, end), 0, 1), out=image)

    ink = random.uniform(0.6, 1)
    lean = random.uniform(-25, 25)  # degrees from upright
    hip = random.uniform([11, 17], [21, 21])
    neck = hip + random.uniform(7, 9) * turn(lean - 90)
    head = neck + 3 * turn(lean - 90)
    foot = hip + random.uniform(6, 9) * turn(lean + 90 + random.uniform(-20, 20))
    hands = []
    for side in (180, 0):
        elbow = neck + random.uniform(4, 5) * turn(lean + side + random.uniform(-50, 50))
        hands.append(elbow + random.uniform(4, 5) * turn(lean + side + random.uniform(-70, 70)))
        stroke(neck, elbow, 0.5, ink)
        stroke(elbow, hands[-1], 0.5, ink)
    stroke(neck, hip, 0.8, ink)
    stroke(hip, foot, 0.5, ink)
    stroke(head, head, 1.8, ink)

    for _ in range(4):  # what does not belong to the figure
        start = random.uniform(0, SIZE, 2)
        stroke(start, start + random.uniform(3, 8) * turn(random.uniform(0, 360)), 0.5, random.uniform(0.4, 1))
    disc = random.uniform(0, SIZE, 2)
    stroke(disc, disc, random.uniform(1, 2), random.uniform(0.4, 1))

    noisy = image + random.normal(0, 0.1, image.shape)
    return noisy, np.clip([head, *hands, foot], 0, SIZE - 1)


@lru_cache(maxsize=4)  # the same images serve all variants
def images(count, seed):
    random = np.random.default_rng(seed)
    drawn, points = zip(*(draw(random) for _ in range(count)), strict=True)
    return torch.tensor(np.array(drawn), dtype=torch.float32)[:, None], torch.tensor(np.array(points)).float()


# The network.


class Network(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2, stride=CELL)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.conv3 = nn.Conv2d(16, 32, 3, padding=2, dilation=2)
        self.dropout = dropout
        self.hidden = nn.Conv2d(32, 32, 1)
        self.out = nn.Conv2d(32, len(POINTS), 1)

    def forward(self, image):
        """Logits of the heat maps [batch, points, 16, 16]."""
        x = torch.relu(self.conv2(torch.relu(self.conv1(image))))
        x = torch.relu(self.conv3(x))
        return self.out(torch.relu(self.hidden(self.dropout(x))))


def cells():
    """Positions (x, y) of the heat map's cells in pixels of the image: a cell covers CELL pixels each way."""
    centres = CELL * torch.arange(SIZE // CELL) + (CELL - 1) / 2
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    return torch.stack([x, y], dim=-1).reshape(-1, 2)


def targets(points):
    """What the heat maps should be: a Gaussian around each point, as wide as a cell, that sums to 1."""
    squared = (points[:, :, None] - cells()).square().sum(-1)
    return torch.softmax(-squared / (2 * CELL**2), dim=-1)


def train(inputs, points, steps, variant, rate, seed):
    torch.manual_seed(seed)
    network = Network(Dropout(rate, NOISE_SHAPES.get(variant), seed))
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    wanted = targets(points)
    for _ in range(steps):
        batch = torch.randint(len(inputs), (BATCH,), generator=order)
        optimizer.zero_grad()
        heat = torch.log_softmax(network(inputs[batch]).flatten(2), dim=-1)
        (-(wanted[batch] * heat).sum(-1).mean()).backward()
        optimizer.step()
        schedule.step()
    return network.eval()


@torch.no_grad()
def error(network, inputs, points):
    """Mean distance in pixels between the points and where they were found: the mean position of the heat within 1.5
    cells of its maximum."""
    heat = torch.softmax(network(inputs).flatten(2), dim=-1)
    peak = cells()[heat.argmax(-1)]
    near = ((cells() - peak[:, :, None]).abs() < 1.5 * CELL).all(-1)
    local = heat * near
    found = (local @ cells()) / local.sum(-1, keepdim=True)
    return (found - points).norm(dim=-1).mean()


def experiment(name, counts, steps, rates):
    """Compares the variants at `rates`, for each number of training images in `counts`."""
    test_inputs, test_points = images(TEST_IMAGES, TEST_SEED)

    def measure(seed, count, variant, rate):
        network = train(*images(count, seed), steps, variant, rate, seed)
        return [({"trainingImages": count}, error(network, test_inputs, test_points))]

    run(
        name,
        {"name": "mean error of four points in 300 new images of 32 x 32", "unit": "px", "higherIsBetter": False},
        NOISE_SHAPES,
        [
            {"count": count, "variant": variant, "rate": rate}
            for count in counts
            for variant, rate in variants(NOISE_SHAPES, rates)
        ],
        measure,
    )


if __name__ == "__main__":
    experiment("landmarks", TRAINING_IMAGES, STEPS, RATES)
