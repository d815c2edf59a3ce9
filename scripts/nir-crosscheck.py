#!/usr/bin/env python3
"""Exchanges NIR files with the reference implementation (pip install nir h5py numpy), from the folder of a built checkout.

    scripts/nir-crosscheck.py [FOLDER]      FOLDER is new; what is made stays there

1. Klif trains an LIF network on the digits for 3 epochs and exports it; nir reads the file with its checks and writes it again;
   Klif imports that: the accuracies must be equal.
2. nir writes a network of its own with random weights; Klif imports it; its rates for 50 random images must be those of a float64
   simulation written here, by Euler's method, without Klif or nir.
"""
import json
import os
import subprocess
import sys
import tempfile

import nir
import numpy as np

STEPS = 4  # T of the preset digits
DT = 1e-4  # seconds


def klif(*words):
    done = subprocess.run(["./klif", *words, "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


def lif(*shape):
    one = np.ones(shape)
    return nir.LIF(tau=2 * DT * one, r=one, v_leak=0 * one, v_threshold=one, v_reset=0 * one)


def simulate(images, weight, bias, matrix, offset):
    n = len(images)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    current = np.tile(bias[None, :, None, None], (n, 1, 8, 8))
    for i in range(3):
        for j in range(3):
            current += weight[None, :, 0, i, j, None, None] * padded[:, None, i : i + 8, j : j + 8]
    v, u, rates = np.zeros_like(current), np.zeros((n, 10)), np.zeros((n, 10))
    for _ in range(STEPS):
        v += (current - v) / 2
        spikes = v >= 1
        v[spikes] = 0
        pooled = spikes.reshape(n, 4, 4, 2, 4, 2).mean((3, 5)).reshape(n, -1)
        u += (pooled @ matrix.T + offset - u) / 2
        fired = u >= 1
        u[fired] = 0
        rates += fired / STEPS
    return rates


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(tempfile.mkdtemp(), "nir")
    os.makedirs(folder)
    path = lambda name: os.path.join(folder, name)

    klif("train", "digits", "--neuron", "lif", "--epochs", "3", "--device", "cpu", "--out", path("run"))
    klif("export", "nir", path("run"), "--out", path("klif.nir"))
    graph = nir.read(path("klif.nir"))
    nir.write(path("again.nir"), graph)
    klif("import", "nir", path("again.nir"), "--preset", "digits", "--out", path("back"))
    ours, back = (klif("eval", path(run))["testAccuracy"] for run in ("run", "back"))
    print(f"through nir: {len(graph.nodes)} nodes, {len(graph.edges)} edges, accuracy {ours:.4f} before, {back:.4f} after")

    random = np.random.RandomState(0)
    weight, bias = random.randn(4, 1, 3, 3).astype("f"), 0.2 * random.randn(4).astype("f")
    matrix, offset = random.randn(10, 64).astype("f"), 0.2 * random.randn(10).astype("f")
    two, zero = np.array([2, 2]), np.array([0, 0])
    foreign = nir.NIRGraph.from_list(
        nir.Input({"input": np.array([1, 8, 8])}),
        nir.Conv2d(input_shape=(8, 8), weight=weight, stride=1, padding=1, dilation=1, groups=1, bias=bias),
        lif(4, 8, 8),
        nir.AvgPool2d(kernel_size=two, stride=two, padding=zero),
        nir.Flatten(input_type={"input": np.array([4, 4, 4])}, start_dim=0, end_dim=-1),
        nir.Affine(weight=matrix, bias=offset),
        lif(10),
        nir.Output({"output": np.array([10])}),
    )
    nir.write(path("foreign.nir"), foreign)
    klif("import", "nir", path("foreign.nir"), "--preset", "digits", "--out", path("foreign"))
    images = random.randint(0, 17, (50, 64))
    np.savetxt(path("images.csv"), images, fmt="%d", delimiter=",")
    predictions = klif("predict", path("foreign"), path("images.csv"))["predictions"]
    found = np.array([p["rates"] for p in predictions])
    expected = simulate(images.reshape(-1, 8, 8) / 16, *(w.astype(float) for w in (weight, bias, matrix, offset)))
    differing = int((np.abs(found - expected) > 1e-6).sum())
    print(f"written by nir: {differing} of {found.size} rates differ; {int((expected > 0).sum())} are above 0")
    sys.exit(0 if ours == back and differing == 0 else 1)


if __name__ == "__main__":
    main()
