"""Layout-net as an attention processor of diffusers, for the training steps."""

import torch.nn.functional as F
from diffusers.models.attention_processor import AttnProcessor2_0
from torch import nn

conditions = {}
"""Tokens of the composite image, `ci`, and of the references, `ri` [batch · instances, …]."""

masks = {}
"""By the number of queries: masks `text`, `ci` [batch, queries, 1], `ri` [batch, instances, queries, 1]."""


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
        instances = mask["ri"].shape[1]
        hidden = attend(q, attn.to_k(text), attn.to_v(text)) * mask["text"]
        tokens = conditions["ci"]
        hidden = hidden + attend(q, self.k_ci(tokens), self.v_ci(tokens)) * mask["ci"]
        tokens = conditions["ri"]
        each = q[:, None].expand(-1, instances, -1, -1).flatten(0, 1)
        answers = attend(each, self.k_ri(tokens), self.v_ri(tokens))
        answers = answers.unflatten(0, (batch, instances)) * mask["ri"]
        return attn.to_out[0](hidden + answers.sum(1))


def add_layout_net(unet):
    """Gives `unet` a Layout-net in each cross-attention layer; answers them."""
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
    return layers
