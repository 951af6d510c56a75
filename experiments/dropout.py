"""Dropout with a noise shape, from its definition, and the variants that the experiments compare."""

import torch
from torch import nn


class Dropout(nn.Module):
    """One draw for each cell of the noise shape: a cell drops with probability `rate`, and what is kept is multiplied
    by 1 / (1 - rate). `None` in the noise shape takes the tensor's size, 1 shares a draw along that axis.

    The draws come from a generator seeded with `seed`, so they do not disturb the order of the training examples,
    which stays the same for all variants."""

    def __init__(self, rate, noise_shape, seed):
        super().__init__()
        self.rate = rate
        self.noise_shape = noise_shape
        self.generator = torch.Generator().manual_seed(1_000_000 + seed)

    def forward(self, x):
        if not self.training or self.rate == 0:
            return x
        cells = [size if entry is None else entry for size, entry in zip(x.shape, self.noise_shape, strict=True)]
        keep = torch.rand(cells, generator=self.generator) >= self.rate
        return x * (keep / (1 - self.rate))


def variants(noise_shapes, rates):
    """No dropout once, then each named noise shape at each rate, as pairs of name and rate."""
    return [("none", 0)] + [(name, rate) for name in noise_shapes for rate in rates]
