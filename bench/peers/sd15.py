"""diffusers' UNet of Stable Diffusion 1.5 with the weights that the product runs on."""

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file


def sd15_unet(weights=".cache/bench/unet.safetensors", **settings):
    with torch.device("meta"):
        unet = UNet2DConditionModel(
            sample_size=64, cross_attention_dim=768, attention_head_dim=8,
            block_out_channels=(320, 640, 1280, 1280), layers_per_block=2,
            **settings,
        )
    unet.load_state_dict(load_file(weights), assign=True, strict=False)
    return unet
