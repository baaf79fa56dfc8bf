"""The augmentation benchmark in other programs, on one thread: a pass for each line on stdin."""

import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import numpy as np

from common import answer

# The scripts beside this one are not the libraries that their names are taken for.
sys.path.pop(0)

folder, which = sys.argv[1:3]
with open(os.path.join(folder, "task.json"), encoding="utf-8") as file:
    task = json.load(file)
shape = (-1, task["height"], task["width"], task["channels"])
pixels = np.fromfile(os.path.join(folder, "pixels.bin"), dtype=np.uint8).reshape(shape)
DEGREES, ZOOM = task["degrees"], task["zoom"]


def keras_layers():
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    layers = keras.Sequential(
        [
            keras.layers.RandomFlip("horizontal"),
            keras.layers.RandomRotation(DEGREES / 360, fill_mode="nearest"),
            keras.layers.RandomZoom((-ZOOM, ZOOM), fill_mode="nearest"),
        ]
    )
    augment = tf.function(lambda batch: layers(batch, training=True))

    def run():
        for start in range(0, len(pixels), 20):
            augment(tf.constant(pixels[start : start + 20])).numpy()

    return run


def torchvision_tensors():
    import torch
    from torchvision.transforms import v2

    torch.set_num_threads(1)
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    transform = v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomAffine(
                DEGREES,
                scale=(1 - ZOOM, 1 + ZOOM),
                interpolation=v2.InterpolationMode.BILINEAR,
            ),
        ]
    )
    return lambda: [transform(image) for image in images]


def torchvision_pil():
    from PIL import Image
    from torchvision.transforms import v2

    images = [Image.fromarray(image) for image in pixels]
    transform = v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            v2.RandomAffine(
                DEGREES,
                scale=(1 - ZOOM, 1 + ZOOM),
                interpolation=v2.InterpolationMode.BILINEAR,
            ),
        ]
    )
    return lambda: [np.asarray(transform(image)) for image in images]


def albumentations():
    import albumentations as A
    import cv2

    cv2.setNumThreads(1)
    transform = A.Compose(
        [
            A.HorizontalFlip(p=0.5),
            A.Affine(
                rotate=(-DEGREES, DEGREES),
                scale=(1 - ZOOM, 1 + ZOOM),
                border_mode=cv2.BORDER_REPLICATE,
                p=1,
            ),
        ]
    )
    return lambda: [transform(image=image)["image"] for image in pixels]


run = {
    "keras": keras_layers,
    "torchvision": torchvision_tensors,
    "torchvision-pil": torchvision_pil,
    "albumentations": albumentations,
}[which]()
run()
answer(0)
for _ in sys.stdin:
    started = time.perf_counter()
    run()
    answer(len(pixels) / (time.perf_counter() - started))
