"""The mask stream in Python, written from docs/mask-stream.md alone, against every known answer of native.json."""

import json
import math
import struct
from itertools import product
from pathlib import Path

WORD = 2**32
R = [10, 11, 13, 23, 6, 17, 25, 18]
S = [26, 21, 27, 5, 20, 11, 10, 20]


def rotate(d, r):
    return (d << r | d >> (32 - r)) % WORD


def threefry4x32(c, k):
    k = [*k, 0x1BD11BDA ^ k[0] ^ k[1] ^ k[2] ^ k[3]]
    x = [(c[i] + k[i]) % WORD for i in range(4)]

    def mix(a, d, r):
        x[a] = (x[a] + x[d]) % WORD
        x[d] = rotate(x[d], r) ^ x[a]

    for round_ in range(20):
        r, s = R[round_ % 8], S[round_ % 8]
        if round_ % 2 == 0:
            mix(0, 1, r)
            mix(2, 3, s)
        else:
            mix(0, 3, r)
            mix(2, 1, s)
        if round_ % 4 == 3:
            n = (round_ + 1) // 4
            x = [(x[i] + k[(n + i) % 5]) % WORD for i in range(4)]
            x[3] = (x[3] + n) % WORD
    return x


def keep(cells, rate, seed, stream, step):
    """One boolean for each of these cells."""
    threshold = math.floor((1 - rate) * 2**32 + 0.5)
    key = [seed % WORD, seed // WORD, stream, 1]
    outputs = {}
    flags = []
    for cell in cells:
        group, w, b = cell // 128, cell // 32 % 4, cell % 32
        if group not in outputs:
            outputs[group] = [
                threefry4x32([group % WORD, p + 32 * (group // WORD), step % WORD, step // WORD], key)
                for p in range(32)
            ]
        u = sum((outputs[group][p][w] >> b & 1) << 31 - p for p in range(32))
        flags.append(u < threshold)
    return flags


def float32(bits):
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def bits(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


def dropout(x, shape, noise_shape, rate, **draw):
    """Bit patterns in and out. The known answers have no NaN, infinity, subnormal or overflow."""
    noise_shape = shape if noise_shape is None else noise_shape
    noise_shape = [1] * (len(shape) - len(noise_shape)) + noise_shape
    noise_shape = [size if entry is None else entry for size, entry in zip(shape, noise_shape)]
    flags = keep(range(math.prod(noise_shape)), rate, **draw)
    scale = 1.0 if rate == 1 else float32(bits(1 / (1 - rate)))
    y = []
    for word, index in zip(x, product(*map(range, shape))):
        cell = 0
        for size, i in zip(noise_shape, index):
            cell = cell * size + (0 if size == 1 else i)
        y.append((word if rate == 0 else bits(float32(word) * scale)) if flags[cell] else 0)
    return y


def words(hexes):
    return [int(word, 16) for word in hexes]


golden = json.loads((Path(__file__).parent / "native.json").read_text())
for answer in golden["threefry4x32_20"]:
    assert threefry4x32(words(answer["ctr"]), words(answer["key"])) == words(answer["out"]), answer
for answer in golden["masks"] + golden["outputs"]:
    draw = {"seed": int(answer["seed"]), "stream": answer["stream"], "step": int(answer["call"])}
    if "cells" in answer:
        first = answer.get("cellOffset", 0)
        flags = keep(range(first, first + answer["cells"]), answer["rate"], **draw)
        mask = [0] * math.ceil(len(flags) / 32)
        for i, flag in enumerate(flags):
            mask[i // 32] |= flag << i % 32
        assert mask == words(answer["words"]), answer
    else:
        y = dropout(words(answer["x"]), answer["shape"], answer["noiseShape"], answer["rate"], **draw)
        assert y == words(answer["y"]), answer
print(*(f"{len(golden[name])} {name}" for name in ("threefry4x32_20", "masks", "outputs")), "agree", sep=", ")
