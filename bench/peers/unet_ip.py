"""One step of diffusers' UNet with a masked IP-Adapter of 16 tokens a reference."""

import argparse

import torch
from diffusers.models.attention_processor import (
    AttnProcessor2_0,
    IPAdapterAttnProcessor2_0,
)
from diffusers.models.embeddings import MultiIPAdapterImageProjection

from sd15 import sd15_unet
from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--instances", type=int, default=4)
parser.add_argument("--side", type=int, default=64)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.set_grad_enabled(False)

unet = sd15_unet()
unet.eval()


def processor(name, old):
    if "attn2" not in name:
        return AttnProcessor2_0()
    attention = unet.get_submodule(name.removesuffix(".processor"))
    return IPAdapterAttnProcessor2_0(
        hidden_size=attention.to_q.out_features, cross_attention_dim=768,
        num_tokens=(16,), scale=[[1.0] * args.instances],
    )


unet.set_attn_processor(
    {name: processor(name, old) for name, old in unet.attn_processors.items()}
)


class Tokens(torch.nn.Module):
    """Stands where features become tokens: they are tokens already."""

    def forward(self, tokens):
        return tokens


unet.encoder_hid_proj = MultiIPAdapterImageProjection([Tokens()])
unet.config.encoder_hid_dim_type = "ip_image_proj"
sample = torch.randn(2, 4, args.side, args.side)
text = torch.randn(2, 77, 768)
references = [torch.randn(2, args.instances, 16, 768)]
masks = [torch.rand(1, args.instances, args.side * 8, args.side * 8)]


def step():
    unet(
        sample, torch.tensor(500.0), text,
        added_cond_kwargs={"image_embeds": references},
        cross_attention_kwargs={"ip_adapter_masks": masks},
    )


serve(step)
