"""state_dict.py NAME OUT: a torchvision ResNet with random weights, saved as programs save them.

Writes OUT/NAME.pt and OUT/NAME.safetensors, OUT/image.u8 (64 x 64 RGB), and prints the
probabilities of the image, prepared as torchvision's own weights want it.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torchvision_import import torchvision_models

name, out = sys.argv[1], Path(sys.argv[2])
torch.manual_seed(1)
network = getattr(torchvision_models(), name)(num_classes=10)
# Statistics and scales that are not what they begin as.
for module in network.modules():
    if isinstance(module, torch.nn.BatchNorm2d):
        torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
        torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
        torch.nn.init.uniform_(module.weight, 0.4, 0.8)
        torch.nn.init.uniform_(module.bias, -0.1, 0.1)
network.eval()
torch.save({"epoch": 3, "state_dict": network.state_dict()}, out / f"{name}.pt")
save_file(network.state_dict(), out / f"{name}.safetensors")
image = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
image.tofile(out / "image.u8")
mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
x = ((torch.from_numpy(image) / 255 - mean) / std).permute(2, 0, 1)[None]
with torch.inference_mode():
    print(json.dumps(network(x).softmax(1)[0].tolist()))
