"""torchvision_models(): torchvision's networks, whatever PyTorch its operators were compiled for."""
import sys

import torch


def torchvision_models():
    """Its models are Python; where its compiled operators are for another PyTorch, they do without."""
    try:
        from torchvision import models
    except RuntimeError:
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        globals()["_keep"] = library
        from torchvision import models
    return models
