"""Spiking neurons and networks in plain PyTorch, as a user would write them: what peer_pytorch.py and gpu_peer.py time.

Steps lie one after the other: a tensor is (T * N, ...). Needs torch, nothing else.
"""
import re

import torch
import torch.nn.functional as F
from torch import nn


class Spike(torch.autograd.Function):
    """Step function; its derivative is the atan surrogate: alpha/2 / (1 + (pi/2 alpha u)^2) with alpha 2."""

    @staticmethod
    def forward(ctx, u):
        ctx.save_for_backward(u)
        return (u >= 0).to(u.dtype)

    @staticmethod
    def backward(ctx, g):
        (u,) = ctx.saved_tensors
        return g / (1 + (torch.pi * u) ** 2)


def klif(steps, k, threshold=1.0, v=None):
    """KLIF: tau 2, decayed input, hard reset to 0 that is not detached; returns the spikes and the last potential.

    steps is a list of T tensors. Chunks of one tensor, not x[t], which would make the backward pass quadratic in T.
    """
    v = torch.zeros_like(steps[0]) if v is None else v
    spikes = []
    for current in steps:
        h = v + (current - v) / 2
        f = torch.relu(k * h)
        s = Spike.apply(f - threshold)
        v = f * (1 - s)
        spikes.append(s)
    return torch.cat(spikes, 0), v


class Neuron(torch.nn.Module):
    """A layer of neurons; static: the input (N, ...) is the same at each step."""

    def __init__(self, T, static=False, threshold=1.0):
        super().__init__()
        self.T, self.static, self.threshold = T, static, threshold

    def steps(self, x):
        return [x] * self.T if self.static else x.chunk(self.T, 0)


class Klif(Neuron):
    def __init__(self, T, static=False, threshold=1.0):
        super().__init__(T, static, threshold)
        self.k = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        return klif(self.steps(x), self.k, self.threshold)[0]


class Lif(Neuron):
    """tau 2, decayed input, hard reset to 0, detached."""

    def forward(self, x):
        steps = self.steps(x)
        v = torch.zeros_like(steps[0])
        spikes = []
        for current in steps:
            h = v + (current - v) / 2
            s = Spike.apply(h - self.threshold)
            v = h * (1 - s.detach())
            spikes.append(s)
        return torch.cat(spikes, 0)


class Alif(Neuron):
    """LIF whose threshold rises with each spike, as src/main/resources/neurons/alif.cuh."""

    def __init__(self, T, static=False, threshold=1.0):
        super().__init__(T, static, threshold)
        # softplus(raw) = 0.5, sigmoid(raw) = 0.9
        self.beta = nn.Parameter(torch.full((1,), 0.5).expm1().log())
        self.rho = nn.Parameter(torch.tensor(0.9).logit())

    def forward(self, x):
        steps = self.steps(x)
        beta, rho = F.softplus(self.beta), torch.sigmoid(self.rho)
        v, a = torch.zeros_like(steps[0]), torch.zeros_like(steps[0])
        spikes = []
        for current in steps:
            h = v + (current - v) / 2
            s = Spike.apply(h - self.threshold - beta * a)
            a = rho * a + s
            v = h * (1 - s.detach())
            spikes.append(s)
        return torch.cat(spikes, 0)


NEURONS = {"klif": Klif, "lif": Lif, "alif": Alif}


class MaskOverTime(nn.Module):
    """Dropout with one mask for all T."""

    def __init__(self, T, p):
        super().__init__()
        self.T, self.p = T, p

    def forward(self, x):
        mask = F.dropout(torch.ones_like(x[: x.shape[0] // self.T]), self.p, self.training)
        return x * mask.repeat(self.T, *[1] * (x.dim() - 1))


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Attention(nn.Module):
    """Spiking self-attention's core without softmax: scale (Q K') V in each head, over H W tokens."""

    def __init__(self, heads, scale, branches):
        super().__init__()
        self.heads, self.scale, self.branches = heads, scale, branches

    def forward(self, x):
        q, k, v = (b(x).flatten(2).unflatten(1, (self.heads, -1)).transpose(2, 3) for b in self.branches)
        mixed = (q @ k.transpose(2, 3) @ v) * self.scale
        return mixed.transpose(2, 3).flatten(1, 2).unflatten(2, x.shape[2:])


def pair(text, otherwise):
    """Height and width of "3" or "1x3"."""
    if text is None:
        return otherwise
    sizes = [int(n) for n in text.split("x")]
    return tuple(sizes * 2 if len(sizes) == 1 else sizes)


SIZE = r"(\d+(?:x\d+)?)"


class Network(nn.Module):
    """A network in Klif's notation (docs/COMMANDS.md), as far as the benchmarks need it.

    The input is (N, C, H, W), and what is ahead of the first neuron runs once; or (T * N, C, H, W) for frames. The
    output is the mean over T and over the neurons that vote for a class, (N, classes).
    """

    def __init__(self, text, shape, T, frames=False, neuron=Klif, p=0.5):
        super().__init__()
        self.T, self.vote, self.p = T, 1, p
        self.neuron, self.seen, self.shape = neuron, frames, shape
        self.rest = re.sub(r"([(:)])", r" \1 ", text.replace("|", " ")).split()
        self.layers = self.chain(())
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight)

    def chain(self, ends):
        """Layers up to one of the tokens, which is taken as well."""
        layers = []
        while self.rest and self.rest[0] not in ends:
            layers.append(self.layer(self.rest.pop(0)))
        if ends:
            self.end = self.rest.pop(0)
        return nn.Sequential(*layers)

    def branches(self):
        """The chains of res( A : B ) or attend( A : B : C ), each from the same input."""
        start, chains = self.shape, []
        assert self.rest.pop(0) == "("
        while True:
            self.shape = start
            chains.append(self.chain((":", ")")))
            after = self.shape if len(chains) == 1 else after
            if self.end == ")":
                self.shape = after
                return chains

    def window(self, kernel, stride, padding):
        channels, height, width = self.shape
        sizes = [(n + 2 * p - k) // s + 1 for n, k, s, p in zip((height, width), kernel, stride, padding, strict=True)]
        self.shape = (channels, *sizes)

    def layer(self, token):
        if match := re.fullmatch(rf"c(\d+)k{SIZE}(?:s{SIZE})?(?:p{SIZE})?(b?)", token):
            kernel, stride = pair(match[2], None), pair(match[3], (1, 1))
            padding = pair(match[4], tuple(k // 2 for k in kernel))
            layer = nn.Conv2d(self.shape[0], int(match[1]), kernel, stride, padding, bias=bool(match[5]))
            self.window(kernel, stride, padding)
            self.shape = (int(match[1]), *self.shape[1:])
            return layer
        if match := re.fullmatch(rf"([ma])p{SIZE}(?:s{SIZE})?(?:p{SIZE})?", token):
            kernel = pair(match[2], None)
            stride, padding = pair(match[3], kernel), pair(match[4], (0, 0))
            self.window(kernel, stride, padding)
            return (nn.MaxPool2d if match[1] == "m" else nn.AvgPool2d)(kernel, stride, padding)
        if match := re.fullmatch(r"fc(\d+)(nb)?", token):
            flat = [] if len(self.shape) == 1 else [nn.Flatten()]
            features = 1
            for n in self.shape:
                features *= n
            self.shape = (int(match[1]),)
            return nn.Sequential(*flat, nn.Linear(features, int(match[1]), bias=not match[2]))
        if match := re.fullmatch(r"(?:sn|klif)(?:\{threshold=([\d.]+)\})?", token):
            static, self.seen = not self.seen, True
            return self.neuron(self.T, static, float(match[1] or 1))
        if match := re.fullmatch(r"attend(\d+)(?:x([\d.]+))?", token):
            return Attention(int(match[1]), float(match[2] or 0.125), nn.ModuleList(self.branches()))
        if token == "res":
            body, *shortcut = self.branches()
            return Residual(body, *shortcut or [nn.Identity()])
        if token == "bn":
            return (nn.BatchNorm1d if len(self.shape) == 1 else nn.BatchNorm2d)(self.shape[0])
        if token == "dp":
            return MaskOverTime(self.T, self.p)
        if token == "gap":
            self.shape = self.shape[:1]
            return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        if match := re.fullmatch(r"vote(\d+)", token):
            self.vote = int(match[1])
            return nn.Identity()
        raise SystemExit(f"snn.py: the token '{token}' is not known here")

    def steps(self, image):
        """Outputs of the last layer, (T, N, outputs)."""
        return self.layers(image).unflatten(0, (self.T, -1)).float()

    def forward(self, image):
        return self.steps(image).mean(0).unflatten(1, (-1, self.vote)).mean(2)
