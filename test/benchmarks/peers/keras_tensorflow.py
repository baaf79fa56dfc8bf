"""The row's model in Keras on TensorFlow: compiled fit on uint8 images that are in memory."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf
from keras import layers as kl

from common import load, serve

row, pixels, labels = load()
tf.config.threading.set_intra_op_parallelism_threads(row["threads"])
tf.config.threading.set_inter_op_parallelism_threads(row["threads"])
keras.utils.set_random_seed(1)


def build(spec, classes):
    size = spec["input"]
    model = [
        kl.Input((size["height"], size["width"], size["channels"]), dtype="uint8"),
        kl.Rescaling(1 / 255),
    ]
    for layer in spec["layers"]:
        kind = layer["type"]
        activation = layer.get("activation")
        if kind == "conv2d":
            model.append(
                kl.Conv2D(
                    layer["filters"],
                    layer["kernel"],
                    strides=layer.get("strides", [1, 1]),
                    padding=layer.get("padding", "valid"),
                    activation=activation,
                )
            )
        elif kind == "maxpool2d":
            model.append(kl.MaxPooling2D(layer["size"]))
        elif kind == "batchnorm":
            model.append(kl.BatchNormalization())
        elif kind == "dropout":
            model.append(kl.Dropout(layer["rate"]))
        elif kind == "flatten":
            model.append(kl.Flatten())
        elif kind == "dense":
            units = classes if layer["units"] == "classes" else layer["units"]
            model.append(kl.Dense(units, activation=activation))
        else:
            raise ValueError(f"no {kind} here")
    return keras.Sequential(model)


model = build(row["spec"], row["classes"])
optimizers = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}
model.compile(
    optimizers[row["spec"]["optimizer"]["type"]](1e-3),
    "sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
batch = row["batch"]


def fit(images, truth):
    model.fit(images, truth, batch_size=batch, verbose=0)


serve(lambda: fit(pixels[:batch], labels[:batch]), lambda: fit(pixels, labels), len(labels))
