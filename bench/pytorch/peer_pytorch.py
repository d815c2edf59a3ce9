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


class Spike(torch.autograd.Function):
    """Step function whose derivative is the atan surrogate (alpha = 2)."""

    @staticmethod
    def forward(ctx, u):
        ctx.save_for_backward(u)
        return (u >= 0).to(u)

    @staticmethod
    def backward(ctx, g):
        (u,) = ctx.saved_tensors
        return g / (1 + (torch.pi * u) ** 2)


class Klif(torch.nn.Module):
    """Multi-step KLIF, tau 2, decayInput, hard reset to 0, reset not detached; x is (T, N, ...)."""

    def __init__(self):
        super().__init__()
        self.k = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        v = torch.zeros_like(x[0])
        spikes = []
        for current in x.unbind(0):  # unbind: indexing x[t] would make the backward pass quadratic in T
            h = v + (current - v) / 2
            f = torch.relu(self.k * h)
            s = Spike.apply(f - 1.0)
            v = f * (1 - s)
            spikes.append(s)
        return torch.stack(spikes)


class Lif(torch.nn.Module):
    """Multi-step LIF, tau 2, decayInput, hard reset to 0, reset detached."""

    def forward(self, x):
        v = torch.zeros_like(x[0])
        spikes = []
        for current in x.unbind(0):
            h = v + (current - v) / 2
            s = Spike.apply(h - 1.0)
            v = h * (1 - s.detach())
            spikes.append(s)
        return torch.stack(spikes)


class Alif(torch.nn.Module):
    """Multi-step LIF whose threshold rises with each spike, as src/main/resources/neurons/alif.cuh; beta one a channel."""

    def __init__(self, channels=1):
        super().__init__()
        # softplus(raw) = 0.5, sigmoid(raw) = 0.9
        self.beta = torch.nn.Parameter(torch.full((channels,), 0.5).expm1().log())
        self.rho = torch.nn.Parameter(torch.tensor(0.9).logit())

    def forward(self, x):
        beta = TF.softplus(self.beta)
        rho = torch.sigmoid(self.rho)
        v = torch.zeros_like(x[0])
        a = torch.zeros_like(x[0])
        spikes = []
        for current in x.unbind(0):
            h = v + (current - v) / 2
            s = Spike.apply(h - 1.0 - beta * a)
            a = rho * a + s
            v = h * (1 - s.detach())
            spikes.append(s)
        return torch.stack(spikes)


NEURONS = {"klif": Klif, "lif": Lif, "alif": Alif}


class OverTime(torch.nn.Module):
    """Folds T into the batch for a layer without time."""

    def __init__(self, *layers):
        super().__init__()
        self.inner = torch.nn.Sequential(*layers)

    def forward(self, x):
        return self.inner(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class MaskOverTime(torch.nn.Module):
    """Dropout with one mask for all T."""

    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        return x * TF.dropout(torch.ones_like(x[0]), self.p, self.training)


class Network(torch.nn.Module):
    """The network of a preset; the first convolution and batch norm of a static image are computed once."""

    def __init__(self, preset, neuron, T):
        super().__init__()
        nn = torch.nn
        self.T = T
        c1, c2 = (32, 64) if preset == "mnist-small" else (128, 128)
        self.static = nn.Sequential(nn.Conv2d(1, c1, 3, padding=1, bias=False), nn.BatchNorm2d(c1))
        convolutions = [
            neuron(),
            OverTime(nn.MaxPool2d(2), nn.Conv2d(c1, c2, 3, padding=1, bias=False), nn.BatchNorm2d(c2)),
            neuron(),
            OverTime(nn.MaxPool2d(2), nn.Flatten()),
        ]
        flat = c2 * 49
        if preset == "mnist-small":
            linear = [
                OverTime(nn.Linear(flat, 256, bias=False), nn.BatchNorm1d(256)),
                neuron(),
                OverTime(nn.Linear(256, 100, bias=False), nn.BatchNorm1d(100)),
                neuron(),
            ]
        else:
            linear = [
                MaskOverTime(),
                OverTime(nn.Linear(flat, 2048, bias=False)),
                neuron(),
                MaskOverTime(),
                OverTime(nn.Linear(2048, 100, bias=False)),
                neuron(),
            ]
        self.rest = nn.Sequential(*convolutions, *linear)
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(m.weight)

    def forward(self, image):
        x = self.static(image)
        x = x.unsqueeze(0).expand(self.T, *x.shape)
        x = self.rest(x)
        return TF.avg_pool1d(x, 10).mean(0)


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
    parser.add_argument("--preset", choices=["mnist-small", "mnist"], default="mnist-small")
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
        layer = torch.compile(neuron()) if a.compile else neuron()
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
        T = a.T or (4 if a.preset == "mnist-small" else 8)
        batch = a.batch or (128 if a.preset == "mnist-small" else 16)
        net = Network(a.preset, neuron, T)
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
        images = torch.randn(batch, 1, 28, 28)
        labels = torch.randint(0, 10, (batch,))
        onehot = TF.one_hot(labels, 10).float()
        model = torch.compile(net) if a.compile else net

        def step():
            optimizer.zero_grad()
            with autocast():
                rates = model(images)
            TF.mse_loss(rates.float(), onehot).backward()
            optimizer.step()

        ms, low, high = median_ms(step, a.runs, 3)
        result.update(preset=a.preset, T=T, batch=batch, msPerStep=ms, imagesPerSecond=batch / ms * 1e3)
    result.update(
        medianMs=ms, minMs=low, maxMs=high, peakResidentBytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
