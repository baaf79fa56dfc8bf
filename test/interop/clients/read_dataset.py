"""Reads a data set folder: `read_dataset.py FORMAT FOLDER` prints {sha256: [split, class]} as JSON."""

import hashlib
import json
import sys
from pathlib import Path

format, folder = sys.argv[1], Path(sys.argv[2])
found = {}


def keep(split, name, data):
    found[hashlib.sha256(data).hexdigest()] = [split, name]


def split_of(file):
    return file.name.rsplit("-", 1)[0]


if format == "tfrecord":
    import tensorflow as tf

    classes = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
    features = {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/height": tf.io.FixedLenFeature([], tf.int64),
        "image/class/label": tf.io.FixedLenFeature([], tf.int64),
        "image/class/text": tf.io.FixedLenFeature([], tf.string),
    }
    for file in sorted(folder.glob("*.tfrecord")):
        for record in tf.data.TFRecordDataset(str(file)):
            example = tf.io.parse_single_example(record, features)
            data = example["image/encoded"].numpy()
            assert tf.io.decode_image(data).shape[0] == example["image/height"].numpy()
            name = example["image/class/text"].numpy().decode()
            assert classes[example["image/class/label"].numpy()] == name
            keep(split_of(file), name, data)
elif format == "webdataset":
    import webdataset

    classes = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
    for file in sorted(folder.glob("*.tar")):
        for sample in webdataset.WebDataset(str(file), shardshuffle=False):
            data = sample.get("png") or sample["jpg"]
            keep(split_of(file), classes[int(sample["cls"])], data)
elif format == "imagefolder":
    from datasets import Image, load_dataset

    loaded = load_dataset(str(folder), cache_dir=str(folder.parent / "hf-cache"))
    for split, rows in loaded.cast_column("image", Image(decode=False)).items():
        names = rows.features["label"].names
        for row in rows:
            image = row["image"]
            keep(split, names[row["label"]], image["bytes"] or Path(image["path"]).read_bytes())
elif format == "folders":
    import keras

    for split in sorted(folder.iterdir()):
        if split.is_dir():
            batches = keras.utils.image_dataset_from_directory(str(split), shuffle=False)
            for path in batches.file_paths:
                keep(split.name, Path(path).parent.name, Path(path).read_bytes())
print(json.dumps(found))
