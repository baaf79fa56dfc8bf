"""Both kinds of Keras files."""
import keras
import numpy as np
from images import answer, directory, images

(file,) = [*directory.glob("*.keras"), *directory.glob("*.h5")]
model = keras.models.load_model(file, compile=False)
probabilities = model.predict(images.astype(np.float32), batch_size=100, verbose=0)
answer(probabilities, f"Keras {keras.__version__}")
