"""A training step of the pocket UNet with LocRef in PyTorch eager: diffusers' UNet, Layout-net as an
attention processor, all weights trained, AdamW."""

import argparse
import json

import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor2_0
from torch import nn

from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--channels-last", action="store_true")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(0)

INSTANCES, TEXT_TOKENS = 4, 32
with open("models/pocket/image_encoder/config.json") as file:
    encoder = json.load(file)
IMAGE_TOKENS = (encoder["image_size"] // encoder["patch_size"]) ** 2 + 1


class LayoutNet(nn.Module):
    """Eq. (1) in one cross-attention layer."""

    def __init__(self, width, context):
        super().__init__()
        for name in ("k_ci", "v_ci", "k_ri", "v_ri"):
            setattr(self, name, nn.Linear(context, width, bias=False))

    def __call__(self, attn, x, encoder_hidden_states=None, **_):
        text = encoder_hidden_states
        batch, queries, width = x.shape

        def heads(x):
            return x.unflatten(-1, (attn.heads, -1)).transpose(1, 2)

        def attend(q, k, v):
            mixed = F.scaled_dot_product_attention(heads(q), heads(k), heads(v))
            return mixed.transpose(1, 2).flatten(2)

        q = attn.to_q(x)
        mask = masks[queries]
        hidden = attend(q, attn.to_k(text), attn.to_v(text)) * mask["text"]
        tokens = conditions["ci"]
        hidden = hidden + attend(q, self.k_ci(tokens), self.v_ci(tokens)) * mask["ci"]
        tokens = conditions["ri"]
        each = q[:, None].expand(-1, INSTANCES, -1, -1).flatten(0, 1)
        answers = attend(each, self.k_ri(tokens), self.v_ri(tokens))
        answers = answers.unflatten(0, (batch, INSTANCES)) * mask["ri"]
        return attn.to_out[0](hidden + answers.sum(1))


unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config("models/pocket/unet"))
context = unet.config.cross_attention_dim
layers = nn.ModuleList()
processors = {}
for name in unet.attn_processors:
    if "attn1" in name:
        processors[name] = AttnProcessor2_0()
        continue
    width = unet.get_submodule(name.removesuffix(".processor")).to_q.out_features
    processors[name] = LayoutNet(width, context)
    layers.append(processors[name])
unet.set_attn_processor(processors)
appearance = nn.Sequential(
    nn.Linear(context, context), nn.GELU(), nn.Linear(context, context), nn.LayerNorm(context)
)
weights = [*unet.parameters(), *appearance.parameters()]
optimizer = torch.optim.AdamW(weights, 1e-4, weight_decay=0.01)

side = unet.config.sample_size
sample = torch.randn(args.batch, unet.config.in_channels, side, side)
if args.channels_last:
    unet = unet.to(memory_format=torch.channels_last)
    sample = sample.to(memory_format=torch.channels_last)
target = torch.randn_like(sample)
time = torch.randint(0, 1000, (args.batch,))
text = torch.randn(args.batch, TEXT_TOKENS, context)
images = torch.randn(args.batch, IMAGE_TOKENS, context)
references = torch.randn(args.batch * INSTANCES, IMAGE_TOKENS, context)
conditions = {}
masks = {
    s * s: {
        "text": torch.ones(args.batch, s * s, 1),
        "ci": torch.ones(args.batch, s * s, 1),
        "ri": torch.full((args.batch, INSTANCES, s * s, 1), 0.25),
    }
    for s in (side, side // 2, side // 4)
}


def step():
    optimizer.zero_grad()
    conditions.update(ci=appearance(images), ri=appearance(references))
    predicted = unet(sample, time, text).sample
    loss = F.mse_loss(predicted, target)
    loss.backward()
    optimizer.step()
    loss.item()


step()
serve(step)
