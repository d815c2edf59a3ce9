#!/usr/bin/env python3
"""The peer of Klif's GPU benchmarks: a plain PyTorch KLIF, as a user would write it, on the same device with the same shapes.

    python bench/pytorch/gpu_peer.py versions
    python bench/pytorch/gpu_peer.py neuron --T 4,8,16,32 --neurons 1048576 --precision bf16 --compile
    python bench/pytorch/gpu_peer.py train --network "c128k3 bn sn mp2 | fc100nb sn | vote10" --input 1x28x28 --T 8 --batch 16

Needs torch and snn.py beside it, nothing else. Runs on cuda, or with --device cpu anywhere. The last line of stdout is one JSON object.

Before anything is timed, the neuron is compared with golden values (below, case klif_01_hard_decay_atan): spikes equal,
gradients within 1e-5. Precision float32 forbids TF32, tf32 allows it, bf16 runs under autocast with float32 parameters.
Activations of convolutions are channels last. --compile is torch.compile; --graphs adds mode="reduce-overhead" (CUDA
graphs) to it. Times on cuda are CUDA events around several steps, medians over such batches.
"""
import argparse
import contextlib
import json
import statistics
import time

import torch
import torch.nn.functional as F
from snn import Klif, Network, klif

# ------------------------------------------------------------------------------------------------- golden values

GOLDEN = {
    "shape": [5, 2, 3],
    "x": [
        -0.5576171875, 0.8896484375, 1.380859375, 1.1435546875, -0.361328125, 1.6708984375, 1.3017578125,
        1.3046875, 1.3447265625, 1.7041015625, 2.8427734375, -0.01171875, 0.6474609375, 2.3544921875,
        -0.73828125, 0.92578125, -0.0888671875, 0.580078125, 1.0751953125, -1.3310546875, -0.392578125,
        -0.8056640625, 0.369140625, -0.0888671875, 2.115234375, -0.0029296875, 2.3134765625, 0.193359375,
        0.87109375, 0.6396484375,
    ],
    "v0": [0.1044921875, -0.3505859375, 0.2333984375, 0.25390625, 0.1953125, 0.3486328125],
    "k": [1.0],
    "weight_S": [
        -0.8193359375, -0.2978515625, -0.6611328125, -1.7041015625, 0.3671875, -0.6357421875, -0.078125, 2.25,
        0.23046875, 0.107421875, 1.07421875, 1.24609375, 1.8125, -0.521484375, 1.7958984375, -0.1318359375,
        -1.158203125, -0.9287109375, 1.107421875, 0.7626953125, 1.2822265625, -0.921875, -0.33984375,
        -1.197265625, -1.9755859375, -0.017578125, 1.5830078125, 1.1123046875, -0.77734375, 1.1669921875,
    ],
    "weight_V": [-0.5771484375, 0.3125, 0.8271484375, -0.4072265625, -0.884765625, 0.6494140625],
    "S": [
        0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0,
    ],
    "grad_x": [
        0.0, 0.341417495, -0.219463016, -0.435012291, 0.0, -0.317572182, 0.181635517, 0.763194839, 0.109030695,
        0.04570381, 0.19513413, 0.0, 0.565947324, -0.061850995, 0.0, -0.0171338, 0.0, -0.010880238, 0.443526431,
        0.0, 0.0, 0.0, -0.261912565, 0.140500087, -0.166265724, 0.0, 0.252004407, -0.140009236, -0.490867449,
        0.418957712,
    ],
    "grad_v0": [0.0, 0.341417495, -0.219463016, -0.435012291, 0.0, -0.317572182],
    "grad_k": [1.985074394],
}


def check(device):
    """The neuron above against golden values; ends the program when it is wrong."""
    shape = GOLDEN["shape"]
    tensor = lambda name: torch.tensor(GOLDEN[name], dtype=torch.float32, device=device)
    x = tensor("x").reshape(shape).requires_grad_()
    v0 = tensor("v0").reshape(shape[1:]).requires_grad_()
    k = tensor("k").reshape(()).requires_grad_()
    spikes, last = klif(x.unbind(0), k, v=v0)
    spikes = spikes.reshape(shape)
    loss = (spikes.reshape(-1) * tensor("weight_S")).sum() + (last.reshape(-1) * tensor("weight_V")).sum()
    loss.backward()
    if not torch.equal(spikes.reshape(-1), tensor("S")):
        raise SystemExit("gpu_peer: this PyTorch's spikes differ from the golden values")
    worst = 0.0
    for name, got in (("grad_x", x.grad), ("grad_v0", v0.grad), ("grad_k", k.grad)):
        want = tensor(name)
        error = ((got.reshape(-1) - want.reshape(-1)).abs() / want.reshape(-1).abs().clamp(min=1)).max().item()
        worst = max(worst, error)
        if not error <= 1e-5:
            raise SystemExit(f"gpu_peer: this PyTorch's {name} differs from the golden values by {error}")
    return worst


# -------------------------------------------------------------------------------------------------------- timing

OutOfMemory = getattr(torch, "OutOfMemoryError", torch.cuda.OutOfMemoryError)


class Timer:
    """Times of a step in milliseconds: batches of steps between two CUDA events, or two synchronised clocks."""

    def __init__(self, device, seconds, batches):
        self.cuda, self.seconds, self.batches = device.type == "cuda", seconds, batches

    def batch(self, step, count):
        if self.cuda:
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            torch.cuda.synchronize()
            start.record()
            for _ in range(count):
                step()
            end.record()
            torch.cuda.synchronize()
            return start.elapsed_time(end) / count
        begin = time.perf_counter()
        for _ in range(count):
            step()
        return (time.perf_counter() - begin) * 1e3 / count

    def measure(self, step):
        begin = time.perf_counter()
        for _ in range(3):  # compilation, algorithm choice and graph capture happen here
            step()
        self.batch(step, 1)
        warm_up = time.perf_counter() - begin
        once = max(self.batch(step, 2), 1e-3)
        count = max(1, min(1000, int(self.seconds * 1e3 / self.batches / once)))
        times = [self.batch(step, count) for _ in range(self.batches)]
        return {
            "medianMs": statistics.median(times),
            "minMs": min(times),
            "maxMs": max(times),
            "batches": len(times),
            "launches": count,
            "warmUpSeconds": warm_up,
        }


def precise(precision):
    """Allows TF32 only where it is meant; returns the context in which forward passes run."""
    tf32 = precision == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    return precision


def autocast(device, precision):
    if precision == "bf16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


def compiled(function, a):
    if a.graphs:
        return torch.compile(function, mode="reduce-overhead")
    return torch.compile(function) if a.compile else function


# ------------------------------------------------------------------------------------------------------ commands


def neuron(a, device, timer, result):
    """Forward and backward of a sequence of neurons: x ~ N(0.6, 1), gradients of the spikes ~ N(0, 1)."""
    precise(a.precision)
    dtype = torch.bfloat16 if a.precision == "bf16" else torch.float32
    result["rows"] = rows = []
    for size in a.neurons:
        for T in a.T:
            row = {"operation": "neuron forward + backward", "T": T, "elements": size, "type": str(dtype)[6:]}
            rows.append(row)
            try:
                torch._dynamo.reset()
                layer = Klif(T).to(device)
                x = (torch.randn(T, size, device=device) + 0.6).to(dtype).requires_grad_()
                g = torch.randn(T, size, device=device).to(dtype)
                run = compiled(layer, a)

                def step():
                    if a.graphs:
                        torch.compiler.cudagraph_mark_step_begin()
                    x.grad = None
                    layer.k.grad = None
                    run(x).backward(g)

                row.update(timer.measure(step))
            except OutOfMemory:
                row["problem"] = "out of memory"
            x = g = None
            print(json.dumps(result), flush=True)  # who ends this for its time has what is done


def train(a, device, timer, result):
    """Whole training steps: a batch from pinned memory, forward, loss, backward, Adam."""
    precise(a.precision)
    T, batch = a.T[0], a.batch
    *frames, channels, height, width = [int(n) for n in a.input.split("x")]
    shape = (channels, height, width)
    if frames and frames[0] != T:
        raise SystemExit(f"gpu_peer: --input {a.input} has {frames[0]} frames, so --T must be that")
    rows = batch * T if frames else batch
    net = Network(a.network, shape, T, bool(frames)).to(device, memory_format=torch.channels_last)
    cuda = device.type == "cuda"
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=cuda or None)
    host = torch.randn(rows, *shape)
    host = host.pin_memory() if cuda else host
    images = torch.empty(rows, *shape, device=device).contiguous(memory_format=torch.channels_last)
    classes = 10
    onehot = F.one_hot(torch.randint(0, classes, (batch,), device=device), classes).float()

    def loss():
        with autocast(device, a.precision):
            rate = net(images)
        return F.mse_loss(rate.float(), onehot)

    run = compiled(loss, a)

    def step():
        if a.graphs:
            torch.compiler.cudagraph_mark_step_begin()
        images.copy_(host, non_blocking=True)
        optimizer.zero_grad(set_to_none=True)
        run().backward()
        optimizer.step()

    result.update(network=a.network, input=a.input, T=T, batch=batch)
    result.update(timer.measure(step))
    result["imagesPerSecond"] = batch / result["medianMs"] * 1e3
    if cuda:
        result["peakDeviceBytes"] = torch.cuda.max_memory_allocated(device)


def numbers(text):
    return [int(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["versions", "neuron", "train"])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--precision", choices=["float32", "tf32", "bf16"], default="float32")
    parser.add_argument("--compile", action="store_true", help="torch.compile")
    parser.add_argument("--graphs", action="store_true", help='torch.compile(mode="reduce-overhead")')
    parser.add_argument("--T", type=numbers, default=[8])
    parser.add_argument("--neurons", type=numbers, default=[1 << 20])
    parser.add_argument("--network", default="c128k3 bn sn mp2 | c128k3 bn sn mp2 | dp fc2048nb sn | dp fc100nb sn | vote10")
    parser.add_argument("--input", default="1x28x28", help="CxHxW, or TxCxHxW for frames")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=2.0, help="of timing, for each row")
    parser.add_argument("--batches", type=int, default=10, help="timed batches of steps")
    parser.add_argument("--threads", type=int, default=0, help="of a CPU; 0: PyTorch's choice")
    a = parser.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    device = torch.device(a.device)
    how = "compile + CUDA graphs" if a.graphs else "compile" if a.compile else "eager"
    result = {"torch": torch.__version__, "mode": how, "precision": a.precision, "device": str(device)}
    if device.type == "cuda":
        result.update(
            gpu=torch.cuda.get_device_name(device),
            capability=list(torch.cuda.get_device_capability(device)),
            cuda=torch.version.cuda,
            cudnn=torch.backends.cudnn.version(),
        )
    result["goldenError"] = check(device)
    timer = Timer(device, a.seconds, a.batches)
    if a.mode == "neuron":
        neuron(a, device, timer, result)
    elif a.mode == "train":
        train(a, device, timer, result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
