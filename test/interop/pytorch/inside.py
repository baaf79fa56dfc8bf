"""Where a random ResNet-18 looks, by PyTorch: writes inside.onnx and inside.safetensors.

    python inside.py FOLDER

The second file has a grey picture (0 to 255), its logits, and Grad-CAM of a few convolutions
for two classes, as cam.MODULE.CLASS.
"""
import json
import sys
import warnings
from pathlib import Path

import torch
from torch import nn

from backbones import resnet18, write_safetensors

MEAN, STD = 0.4, 0.25
LAYERS = ("conv1", "layer2.0.conv1", "layer3.1.conv2", "layer4.1.conv2")


def main(folder):
    warnings.filterwarnings("ignore")
    torch.manual_seed(5)
    network, size = resnet18()
    network.eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.8, 1.2)
            nn.init.normal_(module.bias, std=0.1)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.8, 1.2)
    picture = torch.randint(0, 256, (1, *size))
    images = (picture.float() / 255 - MEAN) / STD
    torch.onnx.export(network, (images,), str(folder / "inside.onnx"), dynamo=False,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                      input_names=["input"], output_names=["logits"],
                      dynamic_axes={"input": {0: "batch"}})
    kept = {}
    modules = dict(network.named_modules())
    for name in LAYERS:
        modules[name].register_forward_hook(lambda _, __, y, name=name: kept.update({name: y}))
    logits = network(images)
    found = {"picture": picture.float(), "logits": logits}
    for name in LAYERS:
        for number in (2, 7):
            slopes, = torch.autograd.grad(logits[0, number], kept[name], retain_graph=True)
            weights = slopes.mean(dim=(2, 3), keepdim=True)
            found[f"cam.{name}.{number}"] = torch.relu((weights * kept[name]).sum(dim=1))[0]
    write_safetensors(folder / "inside.safetensors", found)
    print(json.dumps({"torch": torch.__version__}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
