"""Values of PyTorch's bilinear scaling for ResizeTest: prints the lines of its table (PyTorch 2.13)."""
import torch

CASES = [(128, 128, 48, 48), (34, 34, 20, 12), (5, 7, 8, 9), (3, 3, 1, 6)]


def plane(height, width):
    rows = torch.arange(height).view(-1, 1)
    columns = torch.arange(width).view(1, -1)
    return ((7 * rows + 3 * columns + rows * columns) % 11).float()


for height, width, out_height, out_width in CASES:
    scaled = torch.nn.functional.interpolate(
        plane(height, width)[None, None], size=(out_height, out_width), mode="bilinear", align_corners=False, antialias=False
    )[0, 0]
    count = out_height * out_width
    places = sorted({0, 1, count // 4, count // 3, count // 2, count - 2, count - 1})
    values = " ".join(f"{place}:{scaled.flatten()[place].item():.6f}" for place in places)
    print(f'"{height}, {width}, {out_height}, {out_width}, {scaled.double().sum().item():.4f}, {values}",')
