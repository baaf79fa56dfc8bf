"""Goes on with a training of Fovea on bigger machines.

    pip install "keras>=3.10" tensorflow pillow numpy
    python train.py [--epochs N] [--batch N] [--learning-rate X] [--tfrecord]

One GPU or several of one machine are used as they are found (tf.distribute.MirroredStrategy). All
settings are in settings.json. Writes result.keras, which Fovea takes back.
"""
import argparse
import json
import math
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

here = Path(__file__).resolve().parent
settings = json.loads((here / "settings.json").read_text(encoding="utf-8"))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument("--epochs", type=int, default=settings["epochs"])
parser.add_argument("--batch", type=int, default=settings["batch"], help="images a step, over all devices")
parser.add_argument("--learning-rate", type=float, default=settings["learningRate"])
parser.add_argument("--tfrecord", action="store_true", help="read one file a split, made of data/ the first time")
parser.add_argument("--devices", nargs="*", help="for example GPU:0 GPU:1; all GPUs unless given")
options = parser.parse_args()
keras.utils.set_random_seed(settings["seed"])

height, width, channels = (settings["input"][name] for name in ("height", "width", "channels"))
classes, head, members = settings["classes"], settings["head"], settings["members"]


def images_of(split):
    """Paths and class indices; the folders are named by index."""
    files = sorted((here / "data" / split).glob("*/*.png"))
    return [str(file) for file in files], [int(file.parent.name.split("-")[0]) for file in files]


def picture(png, label):
    image = tf.image.decode_png(png, channels=channels)
    return tf.ensure_shape(tf.cast(image, tf.float32), (height, width, channels)), tf.one_hot(label, len(classes))


def records(split, paths, labels):
    """data/SPLIT.tfrecord, shuffled once: one long file is read faster than many small ones."""
    file = here / "data" / f"{split}.tfrecord"
    if not file.exists():
        partial = file.with_suffix(".partial")
        with tf.io.TFRecordWriter(str(partial)) as writer:
            for index in np.random.default_rng(settings["seed"]).permutation(len(paths)):
                png = tf.train.BytesList(value=[Path(paths[index]).read_bytes()])
                label = tf.train.Int64List(value=[labels[index]])
                feature = {"image": tf.train.Feature(bytes_list=png), "label": tf.train.Feature(int64_list=label)}
                example = tf.train.Example(features=tf.train.Features(feature=feature))
                writer.write(example.SerializeToString())
        partial.rename(file)
    data = tf.data.TFRecordDataset(str(file)).map(parsed, num_parallel_calls=tf.data.AUTOTUNE)
    # Says so where data/ was changed since.
    return data.apply(tf.data.experimental.assert_cardinality(len(paths)))


def parsed(record):
    shape = {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}
    example = tf.io.parse_single_example(record, shape)
    return picture(example["image"], example["label"])


def augmentation():
    """The operations of the run for which Keras has layers."""
    return [getattr(L, name)(**config) for name, config in settings["augmentation"]]


def dataset(split, training):
    paths, labels = images_of(split)
    if not paths:
        return None, 0
    if options.tfrecord:
        data = records(split, paths, labels)
    else:
        files = tf.data.Dataset.from_tensor_slices((paths, labels))
        data = files.map(lambda path, label: picture(tf.io.read_file(path), label), tf.data.AUTOTUNE)
    data = data.cache()
    if training:
        data = data.shuffle(min(len(paths), 20_000), seed=settings["seed"])
    data = data.batch(options.batch)
    if training:
        for layer in augmentation():
            data = data.map(lambda x, y, layer=layer: (layer(x, training=True), y), tf.data.AUTOTUNE)
    return data.prefetch(tf.data.AUTOTUNE), len(paths)


def apart(values):
    """One row of outputs for each member."""
    return keras.ops.reshape(values, (-1, members, len(classes)))


@keras.saving.register_keras_serializable("fovea")
class Loss(keras.losses.Loss):
    """The run's loss on logits."""

    def call(self, shares, logits):
        smoothing = settings["labelSmoothing"]
        if head == "softmax":
            logits = apart(logits)
            shares = keras.ops.broadcast_to(shares[:, None, :], keras.ops.shape(logits))
            each = keras.losses.categorical_crossentropy(shares, logits, True, smoothing)
            return keras.ops.mean(each, axis=-1)
        wanted = shares[:, 1:] if head == "sigmoid" else shares
        return keras.losses.binary_crossentropy(wanted, logits, True, smoothing)


def accuracy(shares, logits):
    if head == "sigmoid":
        top = keras.ops.cast(logits[:, 0] > 0, "int32")
    elif members > 1:
        top = keras.ops.argmax(keras.ops.mean(keras.ops.softmax(apart(logits), axis=-1), axis=1), axis=-1)
    else:
        top = keras.ops.argmax(logits, axis=-1)
    return keras.ops.cast(keras.ops.equal(keras.ops.cast(top, "int32"), keras.ops.cast(keras.ops.argmax(shares, axis=-1), "int32")), "float32")


def optimizer(rate):
    spec = dict(settings["optimizer"])
    return getattr(keras.optimizers, spec.pop("name"))(learning_rate=rate, **spec)


def rates(steps):
    """The rate of each step as Fovea has it; None where it is constant or comes down at a plateau."""
    spec, peak, total = settings["schedule"], options.learning_rate, steps * options.epochs
    step = np.arange(total, dtype=np.float64)

    def cosine(first, last, share):
        return last + (first - last) / 2 * (1 + np.cos(np.pi * share))

    if spec["type"] == "step":
        return peak * spec["factor"] ** (step // steps // spec["every"])
    if spec["type"] == "cosine":
        warm = round(spec["warmup"] * total)
        return np.where(step < warm, peak * (step + 1) / max(warm, 1), cosine(peak, 0, (step - warm) / max(total - warm, 1)))
    if spec["type"] == "one-cycle":
        low, top = peak / spec["start"], spec["warmup"] * total - 1
        rising = cosine(low, peak, step / top if top > 0 else 1)
        falling = cosine(peak, low / spec["end"], (step - max(top, 0)) / max(total - 1 - max(top, 0), 1))
        return np.where(step <= top, rising, falling)
    return None


class Course(keras.optimizers.schedules.LearningRateSchedule):
    """A rate for each step."""

    def __init__(self, values):
        self.values = tf.constant(values, tf.float32)

    def __call__(self, step):
        return tf.gather(self.values, tf.minimum(tf.cast(step, tf.int32), len(self.values) - 1))

    def get_config(self):
        return {"values": self.values.numpy().tolist()}


def schedule(steps):
    values = rates(steps)
    return options.learning_rate if values is None else Course(values)


def callbacks(validated):
    found = [keras.callbacks.ModelCheckpoint(here / "best.weights.h5", "val_accuracy" if validated else "loss", save_best_only=True, save_weights_only=True, mode="max" if validated else "min")]
    spec = settings["schedule"]
    watch = lambda name: name.replace("-", "_") if validated else name.removeprefix("val-")
    if spec["type"] == "plateau":
        found.append(keras.callbacks.ReduceLROnPlateau(watch(spec["monitor"]), spec["factor"], spec["patience"], min_delta=spec["minDelta"], cooldown=spec["cooldown"], min_lr=spec["minRate"]))
    stop = settings["earlyStop"]
    if stop:
        found.append(keras.callbacks.EarlyStopping(watch(stop["monitor"]), stop["minDelta"], stop["patience"]))
    return found


def answering(model):
    """The model with the ending that makes probabilities of its logits, as Fovea reads it."""
    x = model.output
    if members > 1:
        x = L.Reshape((members, len(classes)), name="members")(x)
        x = L.Activation("softmax", name="answers")(x)
        x = L.GlobalAveragePooling1D(name="probabilities")(x)
    else:
        x = L.Activation("softmax" if head == "softmax" else "sigmoid", name="probabilities")(x)
    return keras.Model(model.input, x, name=model.name)


gpus = [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices("GPU")]
devices = options.devices or gpus
strategy = tf.distribute.MirroredStrategy(devices) if len(devices) > 1 else tf.distribute.get_strategy()
train, count = dataset("train", True)
validation, _ = dataset("validation", False)
if train is None:
    raise SystemExit("There are no images in data/train.")
weights = settings["classWeights"]
with strategy.scope():
    model = keras.models.load_model(here / "model.keras", compile=False)
    model.compile(optimizer(schedule(math.ceil(count / options.batch))), Loss(), metrics=[accuracy])
model.fit(
    train,
    validation_data=validation,
    epochs=options.epochs,
    class_weight=dict(enumerate(weights)) if weights else None,
    callbacks=callbacks(validation is not None),
    verbose=2,
)
model.load_weights(here / "best.weights.h5")
answering(model).save(here / "result.keras")
names = ",".join(classes)
print(f'Wrote result.keras. Take it back: fovea import-model PROJECT.fovea result.keras --classes "{names}"')
