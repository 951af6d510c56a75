"""Runs an experiment over seeds and writes what it measured: means with confidence intervals, and every value."""

import argparse
import datetime
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from scipy import stats

SEEDS = 20
CONFIDENCE = 0.95


def interval(values):
    """Mean, lower and upper end of Student's t interval: mean -+ t s / sqrt(n), with n - 1 degrees of freedom.
    NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.2, "Confidence Limits for the Mean"."""
    n = len(values)
    mean = float(np.mean(values))
    if n < 2:
        return {"mean": round(mean, 4), "low": None, "high": None}
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * np.std(values, ddof=1) / math.sqrt(n))
    return {"mean": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4)}


def run(name, metric, noise_shapes, trainings, measure):
    """Trains and measures each of `trainings` with each seed, and writes results/<name>.json after every seed.

    trainings: dicts with `variant`, `rate` and whatever else `measure` takes
    measure(seed=..., **training): the values measured, as pairs of setting (a dict) and value
    """
    parser = argparse.ArgumentParser(description=f"Writes results/{name}.json. README.md says what it asks.")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"seeds 0 to N - 1; default {SEEDS}")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / f"{name}.json")
    options = parser.parse_args()

    # One thread and deterministic kernels: the same seed then gives the same numbers on the same machine.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    values = {}  # (variant, rate, setting as JSON) -> one value per seed
    for seed in range(options.seeds):
        start = time.time()
        for training in trainings:
            for setting, value in measure(seed=seed, **training):
                key = (training["variant"], training["rate"], json.dumps(setting))
                values.setdefault(key, []).append(round(float(value), 4))
        seconds = (time.time() - start) / len(trainings)
        print(f"{name}, seed {seed}: {seconds:.1f} s per training", flush=True)
        report = {
            "experiment": name,
            "date": datetime.date.today().isoformat(),
            "command": f"npm run experiments -- {name}",
            "seeds": seed + 1,
            "confidence": CONFIDENCE,
            "metric": metric,
            "noiseShapes": noise_shapes,
        }
        options.out.write_text(as_json(report, conditions_of(values)))


def conditions_of(values):
    """One entry for each variant, rate and setting. `versusNone` is the interval of the differences from training
    without dropout, seed by seed: both start from the same weights and see the same examples in the same order."""
    conditions = []
    for (variant, rate, setting), measured in values.items():
        baseline = values[("none", 0, setting)]
        condition = {"setting": json.loads(setting), "variant": variant, "rate": rate, **interval(measured)}
        if variant != "none":
            condition["versusNone"] = interval(np.subtract(measured, baseline))
        conditions.append({**condition, "values": measured})
    return conditions


def as_json(report, conditions):
    """One line for each condition, so that a difference between two runs can be read."""
    head = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in report.items())
    lines = ",\n".join("  " + json.dumps(condition) for condition in conditions)
    return f'{{\n{head} "conditions": [\n{lines}\n ]\n}}\n'
