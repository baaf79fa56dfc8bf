"""What both peers share: the row's description and data, and the protocol of rounds."""

import json
import os
import resource
import sys
import time

import numpy as np


def load():
    """The row, its images as uint8 [N, H, W, C] and its labels as int64 [N]."""
    folder = sys.argv[1]
    with open(os.path.join(folder, "row.json"), encoding="utf-8") as file:
        row = json.load(file)
    size = row["spec"]["input"]
    shape = (-1, size["height"], size["width"], size["channels"])
    pixels = np.fromfile(os.path.join(folder, "pixels.bin"), dtype=np.uint8).reshape(shape)
    labels = np.fromfile(os.path.join(folder, "labels.bin"), dtype=np.int32).astype(np.int64)
    return row, pixels, labels


def serve(first_step, epoch, images):
    """Warms up, then trains one epoch for each line on stdin."""
    first_step()
    first_step_at = time.time() * 1000
    epoch()
    answer(0, firstStepAt=first_step_at)
    for _ in sys.stdin:
        started = time.perf_counter()
        epoch()
        answer(images / (time.perf_counter() - started))


def answer(rate, **more):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = peak / 2**20 if sys.platform == "darwin" else peak / 2**10
    print(json.dumps({"rate": rate, "peakMiB": peak, **more}), flush=True)
