"""The row's model in Keras on TensorFlow: compiled fit on uint8 images that are in memory."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers as kl

from common import load, serve

row, pixels, labels = load()
tf.config.threading.set_intra_op_parallelism_threads(row["threads"])
tf.config.threading.set_inter_op_parallelism_threads(row["threads"])
keras.utils.set_random_seed(1)


def norm(layer):
    return kl.BatchNormalization(
        momentum=layer.get("momentum", 0.99), epsilon=layer.get("epsilon", 1e-3)
    )


def convolve(layer, x):
    padding = layer.get("padding", "valid")
    if isinstance(padding, list):
        x = kl.ZeroPadding2D(padding)(x) if any(padding) else x
        padding = "valid"
    return kl.Conv2D(
        layer["filters"],
        layer["kernel"],
        strides=layer.get("strides", [1, 1]),
        padding=padding,
        use_bias=layer.get("bias", True),
        activation=layer.get("activation"),
    )(x)


def pool(layer, x):
    padding = layer.get("padding", "valid")
    if isinstance(padding, list):
        # After ReLU: zeros are as good as nothing.
        x = kl.ZeroPadding2D(padding)(x)
    return kl.MaxPooling2D(layer["size"], layer.get("strides"))(x)


def sequence(layers, x, classes):
    for layer in layers:
        kind = layer["type"]
        if kind == "conv2d":
            x = convolve(layer, x)
        elif kind == "maxpool2d":
            x = pool(layer, x)
        elif kind == "globalaveragepool2d":
            x = kl.GlobalAveragePooling2D()(x)
        elif kind == "batchnorm":
            x = norm(layer)(x)
        elif kind == "activation":
            x = kl.Activation(layer["activation"])(x)
        elif kind == "residual":
            shortcut = sequence(layer.get("shortcut", []), x, classes)
            x = kl.Add()([sequence(layer["body"], x, classes), shortcut])
            x = kl.Activation(layer.get("activation", "linear"))(x)
        elif kind == "dropout":
            x = kl.Dropout(layer["rate"])(x)
        elif kind == "flatten":
            x = kl.Flatten()(x)
        elif kind == "dense":
            units = classes if layer["units"] == "classes" else layer["units"]
            x = kl.Dense(units, activation=layer.get("activation"))(x)
        else:
            raise ValueError(f"no {kind} here")
    return x


def build(spec, classes):
    size = spec["input"]
    x = kl.Input((size["height"], size["width"], size["channels"]), dtype="uint8")
    return keras.Model(x, sequence(spec["layers"], kl.Rescaling(1 / 255)(x), classes))


model = build(row["spec"], row["classes"])
optimizers = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}
loss = "sparse_categorical_crossentropy"
accuracy = "sparse_categorical_accuracy"
if row["spec"]["loss"] == "binary-crossentropy":
    loss = "binary_crossentropy"
    accuracy = "binary_accuracy"
    if model.output_shape[-1] == 1:
        labels = labels[:, None]
    else:
        labels = np.eye(row["classes"], dtype=np.float32)[labels]
        accuracy = "categorical_accuracy"
model.compile(optimizers[row["spec"]["optimizer"]["type"]](1e-3), loss, metrics=[accuracy])
batch = row["batch"]


def fit(images, truth):
    model.fit(images, truth, batch_size=batch, verbose=0)


serve(lambda: fit(pixels[:batch], labels[:batch]), lambda: fit(pixels, labels), len(labels))
