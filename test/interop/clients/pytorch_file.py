import sys
from pathlib import Path

import torch
from images import answer, directory, images

sys.path.insert(0, str(directory))
from model import load, probabilities  # noqa: E402

pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
answer(probabilities(load(), pixels).numpy(), f"PyTorch {torch.__version__}")
