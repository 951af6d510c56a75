"""PyTorch's fused dropout and a copy of the same bytes on the same GPU, in GB/s, as JSON on standard output.

    python pytorch_dropout.py > pytorch.json

Runs where PyTorch and CUDA (or ROCm) are; nothing else is needed. The tensors, the warm-up and what is counted (four
bytes read and four written for each element) are those of the benchmark in this folder, so that the figures can be
laid side by side. GPU events time the work on the device, without what Python takes to start it.
"""

import json
import statistics

import torch
from torch.nn import functional

ELEMENTWISE = [("elementwise", (4096, 4096)), ("small", (32, 768))]
# PyTorch knows noise shapes by layer: whole channels, channels first.
CHANNELS = [("spatial1d", (32, 512, 1024)), ("spatial2d-first", (32, 256, 45, 45))]
SWEEP = [(f"sweep-2^{power}", (2**power,)) for power in range(10, 27, 2)]
ROUNDS = 21
BATCH_MS = 20.0


def batch(work, times):
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(times):
        work()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end)


def measure(entrants):
    """Times entrants in turns; milliseconds of one call."""
    repeats = {}
    for name, work in entrants.items():
        work()
        times = 1
        while (ms := batch(work, times)) < BATCH_MS and times < 4096:
            times *= 2
        repeats[name] = max(1, round(times * BATCH_MS / ms))
    samples = {name: [] for name in entrants}
    for _ in range(ROUNDS):
        for name, work in entrants.items():
            samples[name].append(batch(work, repeats[name]) / repeats[name])
    return samples


def run(name, shape, rate, dropout):
    torch.manual_seed(1)
    x = torch.rand(shape, device="cuda") + 0.5
    y = torch.empty_like(x)
    result = dropout(x, rate, training=True)
    dropped = (result == 0).float().mean().item()
    kept = torch.where(result == 0, result, x / (1 - rate))
    assert torch.allclose(result, kept, rtol=1e-5), "this is no dropout"
    samples = measure({"copy": lambda: y.copy_(x), "dropout": lambda: dropout(x, rate, training=True)})
    medians = {entrant: statistics.median(values) for entrant, values in samples.items()}
    return {
        "name": name,
        "shape": list(shape),
        "rate": rate,
        "elements": x.numel(),
        "dropped": dropped,
        "entrants": [
            {
                "peer": entrant,
                "median": medians[entrant],
                "min": min(values),
                "gbPerS": 8 * x.numel() / medians[entrant] / 1e6,
                "ratio": medians[entrant] / medians["copy"],
            }
            for entrant, values in samples.items()
        ],
    }


def main():
    if not torch.cuda.is_available():
        raise SystemExit("No CUDA device: this measures PyTorch on a GPU.")
    cases = [run(name, shape, rate, functional.dropout) for name, shape in ELEMENTWISE for rate in (0.1, 0.5)]
    channels = {3: functional.dropout1d, 4: functional.dropout2d}
    cases += [run(name, shape, rate, channels[len(shape)]) for name, shape in CHANNELS for rate in (0.1, 0.5)]
    cases += [run(name, shape, 0.1, functional.dropout) for name, shape in SWEEP]
    device = torch.cuda.get_device_name()
    print(json.dumps({"torch": torch.__version__, "device": device, "cases": cases}, indent=2))


main()
