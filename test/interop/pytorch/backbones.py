"""Random networks from PyTorch, and what PyTorch makes of them: writes NAME.onnx and NAME.safetensors.

    python backbones.py FOLDER NAME [train]

The second file has pictures, labels (as floats), the loss, d loss / d each parameter as grad.*, and all
parameters after three steps of SGD as after.*, in evaluation mode: batch normalisation with its stored
statistics, nothing dropped. With `train` in training mode: with those of each batch, and the running ones are
in the file too.
"""
import importlib.util
import json
import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torchvision_import import torchvision_models
from torch import nn
from torch.nn import functional as F

RATE = 0.01
BATCH = 4


def resnet18():
    network = torchvision_models().resnet18(num_classes=10)
    network.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    return network, (1, 64, 64)


def efficientnet_lite0():
    path = Path(__file__).parents[3] / "scripts" / "backbones" / "efficientnet-lite0.py"
    spec = importlib.util.spec_from_file_location("lite0", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EfficientNetLite0(10), (3, 64, 64)


def inception_v3():
    models = torchvision_models()
    network = models.inception_v3(num_classes=10, aux_logits=False, init_weights=False,
                                  transform_input=True)
    return network, (3, 96, 96)


def small_vit():
    transformer = torchvision_models().VisionTransformer
    return told_apart(transformer(image_size=32, patch_size=8, num_layers=3, num_heads=4,
                                  hidden_dim=64, mlp_dim=128, num_classes=10)), (3, 32, 32)


def vit_b_16():
    return told_apart(torchvision_models().vit_b_16(num_classes=10)), (3, 224, 224)


def told_apart(network):
    # Many begin with zeros, and equal numbers are stored once: they could not be told apart by name.
    for parameter in network.parameters():
        if parameter.dim() == 1 or parameter is network.heads.head.weight:
            nn.init.normal_(parameter, 1.0 if parameter.mean() == 1 else 0.0, 0.1)
    return network


class Tiny(nn.Module):
    """A little of everything, for test/goldens: convolutions in groups, attention, shape arithmetic."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.depthwise = nn.Conv2d(8, 8, 5, 2, 2, groups=8)
        self.tokens = nn.Parameter(torch.randn(1, 1, 8))
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.layer_norm = nn.LayerNorm(8)
        self.wide = nn.Linear(8, 12)
        self.head = nn.Linear(12, 10)

    def forward(self, x):
        x = F.hardswish(self.norm(self.stem(x)))
        x = F.max_pool2d(x, 3, 2, 1, ceil_mode=True)
        x = x + F.relu6(F.avg_pool2d(x, 3, 1, 1))
        x = F.silu(self.depthwise(x)) * F.hardsigmoid(x.mean((2, 3), keepdim=True))
        x = x.flatten(2).transpose(1, 2)
        x = torch.cat([self.tokens.expand(x.shape[0], -1, -1), x], 1)
        y = self.layer_norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        x = F.gelu(self.wide(x[:, 0]))
        return self.head(x)


networks = {
    "tiny": lambda: (Tiny(), (3, 18, 18)),
    "resnet-18": resnet18,
    "efficientnet-lite0": efficientnet_lite0,
    "mobilenet-v2": lambda: (torchvision_models().mobilenet_v2(num_classes=10), (3, 64, 64)),
    "mobilenet-v3": lambda: (torchvision_models().mobilenet_v3_small(num_classes=10), (3, 64, 64)),
    "inception-v3": inception_v3,
    "vit": small_vit,
    "densenet-121": lambda: (torchvision_models().densenet121(num_classes=10), (3, 64, 64)),
    "vgg-16": lambda: (torchvision_models().vgg16(num_classes=10), (3, 224, 224)),
    "vit-b-16": vit_b_16,
}

# From other seeds some ReLU's input is within rounding of zero, which sums in another order may put on its
# other side: PyTorch on one thread then does not agree with PyTorch on two, or we with both.
seeds = {("densenet-121", "eval"): 3, ("resnet-18", "train"): 3}


def write_safetensors(path, tensors):
    header, pieces, offset = {}, [], 0
    for name, tensor in tensors.items():
        data = np.ascontiguousarray(tensor.detach().numpy().astype("<f4"))
        header[name] = {"dtype": "F32", "shape": list(data.shape),
                        "data_offsets": [offset, offset + data.nbytes]}
        pieces.append(data.tobytes())
        offset += data.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(pieces))


def main(folder, name, mode="eval"):
    warnings.filterwarnings("ignore")
    torch.manual_seed(seeds.get((name, mode), 7))
    network, size = networks[name]()
    network.eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.8, 1.2)
            nn.init.normal_(module.bias, std=0.1)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.8, 1.2)
    images = torch.randn(BATCH, *size)
    labels = torch.arange(BATCH) * 3 % 10
    torch.onnx.export(network, (images,), str(folder / f"{name}.onnx"), dynamo=False,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                      input_names=["input"], output_names=["logits"],
                      dynamic_axes={"input": {0: "batch"}})
    network.train(mode == "train")
    found = {"images": images, "labels": labels.float()}
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
    for step in range(3):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(images), labels)
        loss.backward()
        if step == 0:
            found["loss"] = loss
            for key, parameter in network.named_parameters():
                found[f"grad.{key}"] = parameter.grad.clone()
        optimizer.step()
    for key, parameter in network.named_parameters():
        found[f"after.{key}"] = parameter
    for key, buffer in network.named_buffers():
        if buffer.is_floating_point():
            found[f"after.{key}"] = buffer
    write_safetensors(folder / f"{name}.safetensors", found)
    print(json.dumps({"torch": torch.__version__,
                      "parameters": sum(p.numel() for p in network.parameters())}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
