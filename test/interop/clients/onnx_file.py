import onnxruntime
from images import answer, images, one

session = onnxruntime.InferenceSession(one("*.onnx"), providers=["CPUExecutionProvider"])
(probabilities,) = session.run(["probabilities"], {"image": images})
answer(probabilities, f"onnxruntime (Python) {onnxruntime.__version__}")
