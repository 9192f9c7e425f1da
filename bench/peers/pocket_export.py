"""Writes diffusers' pocket UNet as torch.onnx exports it, with the shapes of its inputs, to a folder."""

import json
import os
import sys

import torch
from diffusers import UNet2DConditionModel

from coordinates import with_coordinates
from pocket_sizes import TEXT_TOKENS

folder = sys.argv[1]
unet = with_coordinates(UNet2DConditionModel.from_pretrained("models/pocket/unet").eval())
side, channels = unet.config.sample_size, unet.config.in_channels


class Plain(torch.nn.Module):
    """The UNet as a function of tensors, as exporters want it."""

    def forward(self, sample, time, text):
        return unet(sample, time, text, return_dict=False)[0]

    def __init__(self):
        super().__init__()
        self.model = unet


inputs = {
    "sample": torch.randn(2, channels, side, side),
    "time": torch.tensor(500.0),
    "text": torch.randn(2, TEXT_TOKENS, unet.config.cross_attention_dim),
}
os.makedirs(folder, exist_ok=True)
torch.onnx.export(
    Plain(), tuple(inputs.values()), os.path.join(folder, "unet.onnx"),
    dynamo=True, input_names=list(inputs), external_data=False,
)
with open(os.path.join(folder, "shapes.json"), "w") as file:
    json.dump({name: list(value.shape) for name, value in inputs.items()}, file)
