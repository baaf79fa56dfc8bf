"""external.py FILE: a small random network as PyTorch's exporter writes it unless it is told otherwise."""
import sys

import torch
from torch import nn

torch.manual_seed(1)
network = nn.Sequential(
    nn.Conv2d(3, 64, 3, 2, 1), nn.ReLU(), nn.Conv2d(64, 128, 3, 2, 1), nn.ReLU(),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10),
).eval()
torch.onnx.export(
    network, (torch.rand(2, 3, 32, 32),), sys.argv[1], dynamic_shapes=[{0: torch.export.Dim("batch")}]
)
