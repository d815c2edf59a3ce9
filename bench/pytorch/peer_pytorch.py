#!/usr/bin/env python3
"""The measurements of `klif bench` in plain PyTorch: a KLIF neuron as most people write it.

    python bench/pytorch/peer_pytorch.py neuron --T 8 --neurons 1048576 --threads 2
    python bench/pytorch/peer_pytorch.py train --preset mnist-small --threads 2

The last line of stdout is one JSON object with the keys that `klif bench ... --json` prints.
Needs PyTorch only. The neuron is a loop over the time steps with a surrogate autograd.Function
(atan, hard reset, tau 2, decayInput); autograd does the rest. Float32 means float32: TF32 is off.
"""
import argparse
import json
import math
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F


class AtanSpike(torch.autograd.Function):
    """Step at 0 forward, (alpha/2) / (1 + (pi/2 alpha u)^2) backward."""

    @staticmethod
    def forward(ctx, u, alpha):
        ctx.save_for_backward(u)
        ctx.alpha = alpha
        return (u >= 0).to(u.dtype)

    @staticmethod
    def backward(ctx, grad):
        (u,) = ctx.saved_tensors
        a = ctx.alpha
        return grad * (a / 2) / (1 + (math.pi / 2 * a * u) ** 2), None


class Neuron(nn.Module):
    """KLIF, LIF, PLIF or IF over a sequence (T, N, ...); KLIF has a learned k, PLIF a learned w."""

    def __init__(self, model="klif", tau=2.0, threshold=1.0, alpha=2.0):
        super().__init__()
        self.model, self.tau, self.threshold, self.alpha = model, tau, threshold, alpha
        self.detach = model != "klif"
        if model == "klif":
            self.k = nn.Parameter(torch.tensor(1.0))
        if model == "plif":
            self.w = nn.Parameter(torch.tensor(-math.log(tau - 1)))

    def forward(self, x):
        rate = torch.sigmoid(self.w) if self.model == "plif" else 1 / self.tau
        v = torch.zeros_like(x[0])
        spikes = []
        for current in x.unbind(0):
            h = v + current if self.model == "if" else v + (current - v) * rate
            f = torch.relu(self.k * h) if self.model == "klif" else h
            s = AtanSpike.apply(f - self.threshold, self.alpha)
            v = f * (1 - (s.detach() if self.detach else s))
            spikes.append(s)
        return torch.stack(spikes)


class Folded(nn.Module):
    """Applies layers to T * N images at once."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class DropoutOverTime(nn.Module):
    """One mask for all time steps."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        return x * F.dropout(torch.ones_like(x[0]), self.p, self.training)


class ConstantFirst(nn.Module):
    """Convolution and batch norm of a static image once, then repeated over T."""

    def __init__(self, steps, channels):
        super().__init__()
        self.steps = steps
        self.layers = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, images):
        y = self.layers(images)
        return y.unsqueeze(0).expand(self.steps, *y.shape)


def mnist_small(steps, model):
    """c32k3 bn sn mp2 | c64k3 bn sn mp2 | fc256 bn sn | fc100 bn sn | vote10"""
    return nn.Sequential(
        ConstantFirst(steps, 32), Neuron(model), Folded(nn.MaxPool2d(2)),
        Folded(nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64)), Neuron(model),
        Folded(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * 49, 256, bias=False), nn.BatchNorm1d(256)),
        Neuron(model),
        Folded(nn.Linear(256, 100, bias=False), nn.BatchNorm1d(100)), Neuron(model))


def mnist(steps, model):
    """c128k3 bn sn mp2 | c128k3 bn sn mp2 | dp fc2048nb sn | dp fc100nb sn | vote10"""
    return nn.Sequential(
        ConstantFirst(steps, 128), Neuron(model), Folded(nn.MaxPool2d(2)),
        Folded(nn.Conv2d(128, 128, 3, padding=1, bias=False), nn.BatchNorm2d(128)), Neuron(model),
        Folded(nn.MaxPool2d(2), nn.Flatten()), DropoutOverTime(0.5),
        Folded(nn.Linear(128 * 49, 2048, bias=False)), Neuron(model), DropoutOverTime(0.5),
        Folded(nn.Linear(2048, 100, bias=False)), Neuron(model))


# network, T, batch: those of the presets
PRESETS = {"mnist-small": (mnist_small, 4, 128), "fashion-small": (mnist_small, 4, 128),
           "mnist": (mnist, 8, 16), "fashion-mnist": (mnist, 8, 16)}


def measure(task, device, warm_up=5, runs=15, seconds=5.0):
    """Median seconds of a task."""
    def once():
        start = time.perf_counter()
        task()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - start
    for _ in range(warm_up):
        once()
    times, end = [], time.perf_counter() + seconds
    while len(times) < runs or time.perf_counter() < end:
        times.append(once())
    return statistics.median(times)


def peak_resident_bytes():
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def bench_neuron(args, device):
    torch.manual_seed(1)
    neuron = Neuron(args.neuron).to(device)
    x = torch.randn(args.T, args.neurons, device=device, requires_grad=True)
    grad = torch.randn(args.T, args.neurons, device=device)

    def step():
        x.grad = None
        neuron.zero_grad(set_to_none=True)
        neuron(x).backward(grad)

    seconds = measure(step, device, seconds=args.seconds)
    a, b, c = (torch.ones(1 << 24, device=device) for _ in range(3))
    triad = measure(lambda: torch.add(b, c, alpha=3.0, out=a), device, seconds=1.0)
    cells = args.T * args.neurons
    return {"neuron": args.neuron, "T": args.T, "neurons": args.neurons,
            "nsPerNeuronStep": seconds * 1e9 / cells,
            "gigabytesPerSecond": 20 * cells / seconds / 1e9,
            "triadGigabytesPerSecond": 12 * a.numel() / triad / 1e9}


def bench_train(args, device):
    torch.manual_seed(1)
    make, steps, batch = PRESETS[args.preset]
    steps, batch = args.T or steps, args.batch or batch
    network = make(steps, args.neuron).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    images = torch.randn(batch, 1, 28, 28, device=device)
    target = F.one_hot(torch.randint(0, 10, (batch,), device=device), 10).float()

    def step():
        optimizer.zero_grad(set_to_none=True)
        rate = network(images).unflatten(2, (10, 10)).mean(3).mean(0)
        loss = F.mse_loss(rate, target)
        loss.backward()
        optimizer.step()
        return loss.item()

    seconds = measure(step, device, seconds=args.seconds)
    return {"preset": args.preset, "neuron": args.neuron, "T": steps, "batch": batch,
            "msPerStep": seconds * 1e3, "imagesPerSecond": batch / seconds,
            "peakResidentBytes": peak_resident_bytes()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    neuron = commands.add_parser("neuron", help="a neuron sequence, forward and backward")
    neuron.add_argument("--T", type=int, required=True)
    neuron.add_argument("--neurons", type=int, required=True)
    train = commands.add_parser("train", help="a whole training step on random images")
    train.add_argument("--preset", choices=sorted(PRESETS), required=True)
    train.add_argument("--T", type=int)
    train.add_argument("--batch", type=int)
    for command in (neuron, train):
        command.add_argument("--neuron", choices=["klif", "lif", "plif", "if"], default="klif")
        command.add_argument("--device", default="cpu", help="cpu (default), cuda or cuda:N")
        command.add_argument("--threads", type=int, default=0, help="0: PyTorch's choice")
        command.add_argument("--seconds", type=float, default=5.0, help="measure at least so long")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    device = torch.device(args.device)
    result = bench_neuron(args, device) if args.command == "neuron" else bench_train(args, device)
    print(f"PyTorch {torch.__version__}, {device}, {torch.get_num_threads()} threads")
    print(json.dumps({"device": str(device), **result}))


if __name__ == "__main__":
    main()
