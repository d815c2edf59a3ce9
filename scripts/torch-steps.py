#!/usr/bin/env python3
"""Ten training steps of Klif beside the same in PyTorch, from the same weights, on the same batches.

    python scripts/torch-steps.py [--device cpu] [--shared ../shared]

A small Spikformer and a small SEW-ResNet, T 4, KLIF, SGD with momentum, float32. PyTorch's side is the reading of the notation in
SHARED/golden2/torch_net.py, once in float32 and once in float64. The distance of two sets of parameters is the largest difference,
relative to the largest value of its tensor or to 0.01. Behind the first step Klif may be 1e-5 from float64; behind each of the ten no
further than twice as far as PyTorch's float32 is, or 1e-5 where that is less. Exit code 1 otherwise.

Needs Python with torch and numpy, and ./klif built.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
T, BATCH, STEPS, RATE, MOMENTUM, FIRST = 4, 8, 10, 0.1, 0.9, 1e-5
NETWORKS = {
    "spikformer": (
        "c16k3 bn sn c32k3 bn sn mp2 res( c32k3 bn sn ) "
        "res( attend4( c32k1b bn sn : c32k1b bn sn : c32k1b bn sn ) sn{threshold=0.5} c32k1b bn sn ) "
        "res( c128k1b bn sn c32k1b bn sn ) gap fc10",
        (3, 16, 16)),
    "sew-resnet": (
        "c16k3 bn sn res( c16k3 bn sn c16k3 bn sn ) "
        "res( c32k3s2 bn sn c32k3 bn sn : c32k1s2 bn sn ) res( c32k3 bn sn c32k3 bn sn ) gap fc10",
        (3, 16, 16)),
}
NEURON = {"model": "klif", "tau": 2.0, "decay_input": True, "v_threshold": 1.0, "v_reset": 0.0, "scale_reset": False,
          "detach_reset": False, "surrogate": {"name": "atan", "alpha": 2.0}}


def klif(text, size, device, folder):
    """The parameters before the first step, and of each step the images, the labels, the loss, the parameters behind it."""
    app = os.path.join(ROOT, "target", "app", "current")
    options = os.path.join(ROOT, "src", "main", "resources", "org", "klif", "sweep")
    java = os.path.join(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else "java"
    subprocess.run([java, f"@{options}/java.options", f"@{options}/program.options", "-cp", f"{app}/klif.jar:{app}/lib/*",
                    os.path.join(ROOT, "bench", "api", "TenSteps.java"), text, "x".join(map(str, size)), str(T), str(BATCH), device,
                    folder], check=True, stderr=subprocess.DEVNULL)
    with open(os.path.join(folder, "shapes.txt"), encoding="utf-8") as file:
        shapes = [[int(n) for n in line.split("[")[1].rstrip("]\n").split(",") if n.strip()] for line in file]
    values = np.fromfile(os.path.join(folder, "steps.bin"), dtype=">f4").astype(np.float64)
    at = 0

    def take(*shape):
        nonlocal at
        count = int(np.prod(shape))
        at += count
        return values[at - count:at].reshape(shape)

    def parameters():
        return [take(*shape) for shape in shapes]

    first = parameters()
    return first, [(take(BATCH, *size), take(BATCH).astype(int), float(take(1)[0]), parameters()) for _ in range(STEPS)]


def pytorch(net, text, first, batches, dtype):
    """The losses and the parameters behind each step."""
    values = [torch.tensor(p, dtype=dtype) for p in first]
    optimizer = torch.optim.SGD([torch.nn.Parameter(v) for v in values], lr=RATE, momentum=MOMENTUM)
    own = optimizer.param_groups[0]["params"]
    done = []
    for images, labels, _, _ in batches:
        x = np.broadcast_to(images, (T, *images.shape))
        case = {"network": text, "neuron": NEURON, "labels": labels.tolist(), "loss": {"name": "cross_entropy"}, "parameters": [],
                "x": {"data": x.ravel(), "shape": x.shape}}
        result = net(case, dtype=dtype, parameters=[p.detach().numpy() for p in own]).run()
        for p, gradient in zip(own, result["grads"], strict=True):
            p.grad = torch.tensor(gradient, dtype=dtype)
        optimizer.step()
        done.append((float(result["loss"]), [p.detach().double().numpy().copy() for p in own]))
    return done


def distance(one, other):
    return max(np.max(np.abs(a - b)) / max(0.01, np.max(np.abs(b))) for a, b in zip(one, other, strict=True))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--device", default="cpu")
    arguments.add_argument("--shared", default=os.path.join(ROOT, "..", "shared"))
    options = arguments.parse_args()
    golden = os.path.join(options.shared, "golden2")
    if not os.path.exists(os.path.join(golden, "torch_net.py")):
        sys.exit(f"torch-steps.py: there is no {golden}/torch_net.py; name the folder that holds golden2 with --shared")
    sys.path.insert(0, golden)
    from torch_net import TorchNet

    torch.set_num_threads(1)
    torch.backends.nnpack.set_flags(False)  # says at each convolution where the processor has it not
    torch.use_deterministic_algorithms(True)
    good = True
    for name, (text, size) in NETWORKS.items():
        with tempfile.TemporaryDirectory() as folder:
            first, batches = klif(text, size, options.device, folder)
        exact = pytorch(TorchNet, text, first, batches, torch.float64)
        single = pytorch(TorchNet, text, first, batches, torch.float32)
        print(f"{name}: step, loss of Klif, distance of Klif and of PyTorch's float32 from PyTorch's float64")
        for i, (_, _, loss, parameters) in enumerate(batches):
            ours, theirs = distance(parameters, exact[i][1]), distance(single[i][1], exact[i][1])
            fits = ours <= (FIRST if i == 0 else max(FIRST, 2 * theirs))
            good &= fits
            print(f"  {i + 1:2d}  {loss:.6f}  {ours:.2e}  {theirs:.2e}{'' if fits else '  TOO FAR'}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
