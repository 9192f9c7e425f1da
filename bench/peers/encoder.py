"""One encoder, or the VAE's decoder, of Stable Diffusion 1.5's size in torch, with random weights."""

import argparse

import torch
from safetensors.torch import load_file

from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--part", default="vae")
parser.add_argument("--channels-last", action="store_true")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.set_grad_enabled(False)
weights = f".cache/bench/{args.part}.safetensors"


def filled(model):
    model.load_state_dict(load_file(weights), strict=False)
    return model.eval()


if args.part == "vae":
    from diffusers import AutoencoderKL

    vae = filled(AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
    ))
    latent = torch.randn(1, 4, 64, 64)
    if args.channels_last:
        vae.to(memory_format=torch.channels_last)
        latent = latent.to(memory_format=torch.channels_last)
    serve(lambda: vae.decode(latent))
elif args.part == "clip-image":
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    image = filled(CLIPVisionModelWithProjection(CLIPVisionConfig(
        hidden_size=1280, intermediate_size=5120, num_attention_heads=16,
        num_hidden_layers=32, hidden_act="gelu", image_size=224, patch_size=14,
        projection_dim=1024,
    )))
    pixels = torch.randn(1, 3, 224, 224)
    serve(lambda: image(pixels, output_hidden_states=True))
else:
    from transformers import CLIPTextConfig, CLIPTextModel

    text = filled(CLIPTextModel(CLIPTextConfig(
        hidden_size=768, intermediate_size=3072, num_attention_heads=12,
        num_hidden_layers=12, hidden_act="quick_gelu",
    )))
    ids = torch.zeros(2, 77, dtype=torch.long)
    serve(lambda: text(ids))
