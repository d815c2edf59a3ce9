#!/usr/bin/env python3
"""The peer of `klif bench`: a plain PyTorch KLIF, as a user would write it, with the same shapes and the same JSON keys.

    python bench/pytorch/peer_pytorch.py neuron --T 8 --neurons 1048576
    python bench/pytorch/peer_pytorch.py neuron --T 8 --neuron alif
    python bench/pytorch/peer_pytorch.py train --preset mnist-small --batch 128 --T 4
    python bench/pytorch/peer_pytorch.py train --preset mnist --batch 16 --T 8 --precision bf16 --compile

--precision bf16 is autocast, as PyTorch's users have it; --compile is torch.compile with its defaults.
Needs torch. Two threads unless --threads says otherwise. The last line is one JSON object.
"""
import argparse
import functools
import json
import resource
import statistics
import time

import torch
import torch.nn.functional as TF
from snn import NEURONS, Network


# Network, input, T, batch, loss and optimizer of the presets, which src/main/resources/org/klif/config/presets hold.
ATTENTION = "res( attend4( c64k1b bn sn : c64k1b bn sn : c64k1b bn sn ) sn{threshold=0.5} c64k1b bn sn )"
PRESETS = {
    "mnist-small": (
        "c32k3 bn sn mp2 | c64k3 bn sn mp2 | fc256nb bn sn | fc100nb bn sn | vote10",
        (1, 28, 28), 4, 128, "mse"),
    "mnist": (
        "c128k3 bn sn mp2 | c128k3 bn sn mp2 | dp fc2048nb sn | dp fc100nb sn | vote10",
        (1, 28, 28), 8, 16, "mse"),
    "sew-small": (
        "c32k3 bn sn mp2 | res( c32k3 bn sn c32k3 bn sn ) | res( c64k3s2 bn sn c64k3 bn sn : c64k1s2 bn sn )"
        " | res( c128k3s2 bn sn c128k3 bn sn : c128k1s2 bn sn ) | gap fc10",
        (3, 32, 32), 4, 64, "tet"),
    "spikformer-small": (
        "c16k3 bn sn mp3s2p1 c32k3 bn sn mp3s2p1 c64k3 bn sn res( c64k3 bn sn ) | "
        + f"{ATTENTION} res( c256k1b bn sn c64k1b bn sn ) " * 2 + "| gap fc10",
        (3, 32, 32), 4, 64, "cross-entropy"),
    "sequential-small": (
        "c64k1x3 bn sn c64k1x3 bn sn ap1x2 | c64k1x3 bn sn c64k1x3 bn sn ap1x2 | fc128 sn | fc10",
        (3, 1, 32), 32, 64, "cross-entropy"),
}  # fmt: skip


def loss_of(name, net, labels):
    """From the images to the loss; tet with Klif's lambda 0.05 and mean V_th."""
    onehot = TF.one_hot(labels, 10).float()
    if name == "mse":
        return lambda images: TF.mse_loss(net(images), onehot)
    if name == "cross-entropy":
        return lambda images: TF.cross_entropy(net(images), labels, label_smoothing=0.1)

    def tet(images):
        steps = net.steps(images)
        entropy = TF.cross_entropy(steps.flatten(0, 1), labels.repeat(len(steps)))
        return 0.95 * entropy + 0.05 * (steps - 1).square().mean()

    return tet


def median_ms(step, runs, warm_up):
    times = []
    for i in range(runs + warm_up):
        start = time.perf_counter()
        step()
        if i >= warm_up:
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times), min(times), max(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["neuron", "train"])
    parser.add_argument("--neuron", choices=sorted(NEURONS), default="klif")
    parser.add_argument("--T", type=int, default=None)
    parser.add_argument("--neurons", type=int, default=1 << 20)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="mnist-small")
    parser.add_argument("--batch", type=int, default=None)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--precision", choices=["float32", "bf16"], default="float32")
    parser.add_argument("--compile", action="store_true")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    neuron = NEURONS[a.neuron]
    result = {"torch": torch.__version__, "neuron": a.neuron, "threads": a.threads}
    result.update(precision=a.precision, compiled=a.compile)
    autocast = functools.partial(torch.autocast, "cpu", torch.bfloat16, enabled=a.precision == "bf16")
    if a.mode == "neuron":
        T = a.T or 8
        layer = neuron(T)
        layer = torch.compile(layer) if a.compile else layer
        dtype = torch.bfloat16 if a.precision == "bf16" else torch.float32
        x = (torch.randn(T, a.neurons) + 0.6).to(dtype).requires_grad_()
        g = torch.randn(T, a.neurons).to(dtype)

        def step():
            x.grad = None
            with autocast():
                spikes = layer(x)
            spikes.backward(g.to(spikes.dtype))

        ms, low, high = median_ms(step, a.runs, 2)
        result.update(T=T, neurons=a.neurons, nsPerNeuronStep=ms * 1e6 / (T * a.neurons))
    else:
        text, shape, T, batch, name = PRESETS[a.preset]
        T, batch = a.T or T, a.batch or batch
        columns = a.preset == "sequential-small"
        net = Network(text, shape, T, columns, neuron)
        rule = torch.optim.Adam if name == "mse" else torch.optim.AdamW
        optimizer = rule(net.parameters(), lr=1e-3)
        images = torch.randn(batch * T if columns else batch, *shape)
        loss = loss_of(name, net, torch.randint(0, 10, (batch,)))
        loss = torch.compile(loss) if a.compile else loss

        def step():
            optimizer.zero_grad()
            with autocast():
                value = loss(images)
            value.backward()
            optimizer.step()

        ms, low, high = median_ms(step, a.runs, 3)
        result.update(preset=a.preset, T=T, batch=batch, msPerStep=ms, imagesPerSecond=batch / ms * 1e3)
    result.update(
        medianMs=ms, minMs=low, maxMs=high, peakResidentBytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
