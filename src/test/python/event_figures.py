#!/usr/bin/env python3
"""Figures of the event recordings beside the checkout, for RealRecordingsTest: python3 event_figures.py [FOLDER]

Needs the standard library only and shares nothing with Klif's readers. A line of an AEDAT 2.0 file: name, events, events of
polarity 1, sum of x, sum of y, first and last time. A line of the N-MNIST subset: part, recordings, the same sums over all
its recordings, and the sum of all times.
"""

import glob
import lzma
import os
import struct
import sys
import tarfile


def aedat2(content):
    at = 0
    while content[at : at + 1] == b"#":
        at = content.index(b"\n", at) + 1
    assert (len(content) - at) % 8 == 0
    return [
        ((a & 0xFE) >> 1, (a & 0x7F00) >> 8, a & 1, t)
        for a, t in struct.iter_unpack(">II", content[at:])
    ]


def nmnist(content):
    assert len(content) % 5 == 0
    events, added = [], 0
    for i in range(0, len(content), 5):
        bits = int.from_bytes(content[i : i + 5], "big")
        x, y, p, t = bits >> 32, bits >> 24 & 255, bits >> 23 & 1, bits & (1 << 23) - 1
        if y == 240:
            added += 1 << 13
        else:
            events.append((x, y, p, t + added))
    return events


def sums(events):
    return [len(events), sum(e[2] for e in events), sum(e[0] for e in events), sum(e[1] for e in events)]


def main(folder):
    for file in sorted(glob.glob(os.path.join(folder, "aedat", "*", "*.aedat.xz"))):
        with lzma.open(file) as content:
            events = aedat2(content.read())
        print(os.path.basename(file), *sums(events), events[0][3], events[-1][3])
    parts = {}
    with tarfile.open(os.path.join(folder, "nmnist", "nmnist-subset.tar.xz")) as tar:
        for member in tar:
            if member.isfile():
                events = nmnist(tar.extractfile(member).read())
                row = parts.setdefault(member.name.split("/")[0], [0] * 6)
                for i, value in enumerate([1, *sums(events), sum(e[3] for e in events)]):
                    row[i] += value
                if member.name == "Train/0/00002.bin":
                    print(member.name, len(events), *events[0], *events[-1])
    for part, row in sorted(parts.items()):
        print(part, *row)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
