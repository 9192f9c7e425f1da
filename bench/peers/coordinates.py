"""The coordinates that the pocket UNet sees beside its latents, as `lib/bases/coordinates.ts` has them."""

import math

import torch


def coordinates(height, width, octaves):
    """Sines and cosines of the middle of each cell, [1, 4 · octaves, height, width]."""
    y, x = torch.meshgrid(
        (torch.arange(height) + 0.5) / height, (torch.arange(width) + 0.5) / width, indexing="ij",
    )
    turns = [math.pi * 2**k for k in range(octaves)]
    planes = [wave(turn * at) for turn in turns for at in (x, y) for wave in (torch.sin, torch.cos)]
    return torch.stack(planes)[None]


def with_coordinates(unet):
    """Lets diffusers' UNet take latents alone, where its config names coordinates."""
    octaves = dict(unet.config).get("_locref", {}).get("coordinates", 0)
    if octaves == 0:
        return unet
    forward = unet.forward
    unet.register_to_config(in_channels=unet.config.in_channels - 4 * octaves)

    def placed(sample, *rest, **options):
        places = coordinates(*sample.shape[-2:], octaves).expand(len(sample), -1, -1, -1)
        return forward(torch.cat([sample, places], 1), *rest, **options)

    unet.forward = placed
    return unet
