#!/usr/bin/env python3
"""Writes src/test/resources/spiketrains, small files in the layout of SHD: python3 spike_trains.py FOLDER (h5py 3.16, HDF5 2.0).

Recording i of a part has 5 + i % 4 spikes; spike k is of unit (97 k + 31 i) % 700 at k (i + 1) / 64 seconds, which float16 holds
exactly. The part for training is contiguous, as h5py writes by default; that for the test is in compressed chunks.
"""

import sys

import h5py
import numpy as np


def datasets(file, recordings, **options):
    group = file.create_group("spikes")
    times = group.create_dataset("times", (recordings,), dtype=h5py.vlen_dtype(np.float16), **options)
    units = group.create_dataset("units", (recordings,), dtype=h5py.vlen_dtype(np.uint16), **options)
    return times, units


def part(path, recordings, labels, **options):
    with h5py.File(path, "w") as file:
        times, units = datasets(file, recordings, **options)
        for i in range(recordings):
            k = np.arange(5 + i % 4)
            times[i] = (k * (i + 1) / 64).astype(np.float16)
            units[i] = ((97 * k + 31 * i) % 700).astype(np.uint16)
        file.create_dataset("labels", data=np.array(labels, dtype=np.uint16), **options)
        extra = file.create_group("extra")
        extra.create_dataset("speaker", data=np.zeros(recordings, dtype=np.uint16))
        extra.create_dataset("keys", data=np.array([b"zero", b"one"]))


def damaged(path):
    """Each recording has another mistake, but the last one."""
    recordings = [
        ([0.25, 0.5], [3, 700], 0),
        ([0.25, np.nan], [3, 4], 0),
        ([-0.25, 0.5], [3, 4], 0),
        ([0.25, 0.5], [3], 0),
        ([], [], 0),
        ([0.25, 0.5], [3, 4], 20),
        ([0.25, np.inf], [3, 4], 0),
        ([0.25, 0.5], [3, 4], 0),
    ]
    with h5py.File(path, "w") as file:
        times, units = datasets(file, len(recordings))
        for i, (seconds, numbers, _) in enumerate(recordings):
            times[i] = np.array(seconds, dtype=np.float16)
            units[i] = np.array(numbers, dtype=np.uint16)
        file.create_dataset("labels", data=np.array([label for _, _, label in recordings], dtype=np.uint16))


def main(folder):
    part(folder + "/shd_train.h5", 20, [3 * i % 20 for i in range(20)])
    part(folder + "/shd_test.h5", 5, range(5), maxshape=(None,), chunks=(2,), compression="gzip")
    damaged(folder + "/damaged.h5")
    with h5py.File(folder + "/without_units.h5", "w") as file:
        file.create_dataset("spikes/times", (2,), dtype=h5py.vlen_dtype(np.float16))
        file.create_dataset("labels", data=np.zeros(2, dtype=np.uint16))
    with h5py.File(folder + "/unequal.h5", "w") as file:
        datasets(file, 2)
        file.create_dataset("labels", data=np.zeros(3, dtype=np.uint16))
    with h5py.File(folder + "/matrix.h5", "w") as file:
        file.create_dataset("spikes/times", data=np.zeros((2, 3), dtype=np.float16))
        file.create_dataset("spikes/units", data=np.zeros((2, 3), dtype=np.uint16))
        file.create_dataset("labels", data=np.zeros(2, dtype=np.uint16))
    with h5py.File(folder + "/huge.h5", "w") as file:
        datasets(file, 1 << 40, maxshape=(None,), chunks=(1 << 20,))
        file.create_dataset("labels", (1 << 40,), dtype=np.uint16, maxshape=(None,), chunks=(1 << 20,))


if __name__ == "__main__":
    main(sys.argv[1])
