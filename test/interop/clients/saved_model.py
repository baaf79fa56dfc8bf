"""A SavedModel that Keras makes of our file, as docs/interop.md says, asked by TensorFlow alone."""
import keras
import tensorflow as tf
from images import answer, directory, images, one

folder = str(directory / "saved_model")
keras.models.load_model(one("*.keras"), compile=False).export(folder, verbose=False)
served = tf.saved_model.load(folder).signatures["serving_default"]
(probabilities,) = served(tf.constant(images, tf.float32)).values()
answer(probabilities.numpy(), f"TensorFlow {tf.__version__}")
