import numpy as np
from ai_edge_litert import __version__
from ai_edge_litert.interpreter import Interpreter
from images import answer, images, one

model = Interpreter(one("*.tflite"))
model.allocate_tensors()
image, probabilities = model.get_input_details()[0]["index"], model.get_output_details()[0]["index"]
answers = []
for each in images:
    model.set_tensor(image, each[None])
    model.invoke()
    answers.append(model.get_tensor(probabilities)[0])
answer(np.stack(answers), f"LiteRT {__version__}")
