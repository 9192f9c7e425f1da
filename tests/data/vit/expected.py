"""Writes tiny DINO and DINOv2 models with random weights and transformers' answers of them."""

import base64
import json
import os

import numpy
import torch
from transformers import Dinov2Config, Dinov2Model, ViTConfig, ViTModel

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(3)
sizes = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, patch_size=7)
models = {
    "dinov2": Dinov2Model(Dinov2Config(image_size=42, mlp_ratio=2, **sizes)),
    "dino": ViTModel(ViTConfig(image_size=28, intermediate_size=32, **sizes), add_pooling_layer=False),
}
picture = numpy.random.default_rng(4).integers(0, 256, (28, 28, 3)).astype(numpy.uint8)
mean, std = numpy.array([0.485, 0.456, 0.406]), numpy.array([0.229, 0.224, 0.225])
pixels = torch.tensor(((picture / 255 - mean) / std).transpose(2, 0, 1)[None], dtype=torch.float32)
answers = {"picture": base64.b64encode(picture.tobytes()).decode()}
for name, model in models.items():
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn_like(weight) * 0.3)
        extra = {"interpolate_pos_encoding": True} if name == "dino" else {}
        answers[name] = model.eval()(pixels, **extra).last_hidden_state[0, 0].tolist()
    folder = os.path.join(here, name)
    model.save_pretrained(folder)
    with open(os.path.join(folder, "preprocessor_config.json"), "w") as file:
        json.dump({"crop_size": {"height": 28, "width": 28}}, file)
with open(os.path.join(here, "expected.json"), "w") as file:
    json.dump(answers, file)
