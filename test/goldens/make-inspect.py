"""Writes inspect.json with PyTorch: python3 make-inspect.py (needs torch).

The networks of make-goldens.py as they answer (moving averages in use), one image each, and what PyTorch
says of where they look: Grad-CAM of two layers for two classes, and the slope of a class's logit along
each pixel.
"""

import base64
import importlib
import json

import torch

goldens = importlib.import_module("make-goldens")

# Name in the engine, index in PyTorch's sequence; a convolution with an activation ends behind it.
LAYERS = {
    "resnet": {"conv2d": 0, "add_1": 5},
    "batchnorm": {"conv2d": 1, "conv2d_1": 5},
    "depthwise": {"conv2d": 0, "conv2d_3": 8},
}


def statistics_of(module):
    found = [m for m in module.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    return [t for m in found for t in (m.running_mean, m.running_var)]


def make(name, build):
    torch.manual_seed(11)
    module, layers, (height, width, channels) = build()
    linear = {id(m.weight) for m in module.modules() if isinstance(m, torch.nn.Linear)}
    parameters = list(module.parameters())
    with torch.no_grad():
        for p in parameters:
            if p.dim() == 1:
                p.add_(torch.randn_like(p) * 0.2)
        for at, t in enumerate(statistics_of(module)):
            t.copy_(torch.rand_like(t) + 0.5 if at % 2 else torch.randn_like(t) * 0.2)
    module.eval()
    image = torch.randint(0, 256, (1, height, width, channels), dtype=torch.uint8)
    x = (image.permute(0, 3, 1, 2).float() / 255).requires_grad_()

    def run():
        outputs, y = [], x
        for step in module:
            y = step(y)
            if y.requires_grad:
                y.retain_grad()
            outputs.append(y)
        return y, outputs

    def cam(index, number):
        logits, outputs = run()
        logits[0, number].backward()
        maps = outputs[index]
        weights = maps.grad.mean(dim=(2, 3), keepdim=True)
        values = torch.relu((weights * maps).sum(dim=1))[0]
        return {"class": number, "values": goldens.encode(values.detach())}

    def slopes(number):
        x.grad = None
        run()[0][0, number].backward()
        return {"class": number, "values": goldens.encode(x.grad[0].abs().amax(dim=0))}

    return {
        "input": {"height": height, "width": width, "channels": channels},
        "classes": goldens.CLASSES,
        "layers": layers,
        "image": base64.b64encode(image.numpy().tobytes()).decode(),
        "weights": goldens.encode(goldens.flat(zip(parameters, parameters), linear)),
        "statistics": goldens.encode(torch.cat([t.reshape(-1) for t in statistics_of(module)])),
        "probabilities": torch.softmax(run()[0], dim=1)[0].tolist(),
        "cams": [
            {"layer": layer, **cam(index, number)}
            for layer, index in LAYERS[name].items()
            for number in (0, 2)
        ],
        "saliency": [slopes(number) for number in (0, 1)],
    }


networks = {each.__name__: make(each.__name__, each)
            for each in (goldens.resnet, goldens.batchnorm, goldens.depthwise)}
golden = {"torch": torch.__version__.split("+")[0], "networks": networks}
(goldens.HERE / "inspect.json").write_text(json.dumps(golden) + "\n")
