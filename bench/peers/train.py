"""A training step of the pocket UNet with LocRef in PyTorch eager: diffusers' UNet, Layout-net as an
attention processor, all weights trained, AdamW."""

import argparse

import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from layout_net import add_layout_net, conditions, masks
from torch import nn

from coordinates import with_coordinates
from pocket_sizes import IMAGE_TOKENS, TEXT_TOKENS
from serve import serve

parser = argparse.ArgumentParser()
parser.add_argument("--batch", type=int, default=16)
parser.add_argument("--channels-last", action="store_true")
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(0)

INSTANCES = 4
unet = with_coordinates(
    UNet2DConditionModel.from_config(UNet2DConditionModel.load_config("models/pocket/unet"))
)
context = unet.config.cross_attention_dim
add_layout_net(unet)
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
for s in (side, side // 2, side // 4):
    masks[s * s] = {
        "text": torch.ones(args.batch, s * s, 1),
        "ci": torch.ones(args.batch, s * s, 1),
        "ri": torch.full((args.batch, INSTANCES, s * s, 1), 1 / INSTANCES),
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
