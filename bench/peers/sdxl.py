"""diffusers' UNet of Stable Diffusion XL with the weights that the product runs on."""

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file


def sdxl_name(tiny=False):
    return "unet-sdxl-tiny" if tiny else "unet-sdxl"


def sdxl_unet(tiny=False):
    with torch.device("meta"):
        unet = UNet2DConditionModel(
            sample_size=128, cross_attention_dim=2048,
            down_block_types=(
                "DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
            ),
            up_block_types=(
                "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D",
            ),
            block_out_channels=(32, 64, 128) if tiny else (320, 640, 1280),
            attention_head_dim=(1, 2, 4) if tiny else (5, 10, 20),
            transformer_layers_per_block=(1, 1, 1) if tiny else (1, 2, 10),
            use_linear_projection=True, addition_embed_type="text_time",
            addition_time_embed_dim=256,
            projection_class_embeddings_input_dim=2816,
        )
    weights = load_file(f".cache/bench/{sdxl_name(tiny)}.safetensors")
    unet.load_state_dict(weights, assign=True, strict=True)
    return unet.eval()


def sdxl_inputs(batch, side):
    """Latents, timestep, text, pooled text and sizes of the pictures."""
    generator = torch.Generator().manual_seed(1)
    return (
        torch.randn(batch, 4, side, side, generator=generator),
        torch.tensor(500.0),
        torch.randn(batch, 77, 2048, generator=generator),
        torch.randn(batch, 1280, generator=generator),
        torch.full((batch, 6), 8.0 * side),
    )
