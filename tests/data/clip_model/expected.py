"""Writes a tiny CLIPModel with random weights, a tokenizer of single letters, and transformers' answers."""

import base64
import json
import os

import numpy
import torch
from transformers import CLIPConfig, CLIPModel

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(6)
letters = [chr(code) for code in range(33, 127)]
vocab = letters + [letter + "</w>" for letter in letters] + ["<|startoftext|>", "<|endoftext|>"]
ids = {word: i for i, word in enumerate(vocab)}
start, end, length = len(vocab) - 2, len(vocab) - 1, 24
layers = dict(hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2)
model = CLIPModel(CLIPConfig(
    projection_dim=8,
    text_config=dict(vocab_size=len(vocab), max_position_embeddings=length, bos_token_id=start,
                     eos_token_id=end, pad_token_id=end, **layers),
    vision_config=dict(image_size=28, patch_size=7, **layers))).eval()


def tokens(caption):
    found = [start]
    for word in caption.split():
        found += [ids[letter] for letter in word[:-1]] + [ids[word[-1] + "</w>"]]
    return torch.tensor([found + [end] * (length - len(found))])


picture = numpy.random.default_rng(4).integers(0, 256, (28, 28, 3)).astype(numpy.uint8)
mean = numpy.array([0.48145466, 0.4578275, 0.40821073])
std = numpy.array([0.26862954, 0.26130258, 0.27577711])
pixels = torch.tensor(((picture / 255 - mean) / std).transpose(2, 0, 1)[None], dtype=torch.float32)
captions = ["a cat", "a red apple on a wall"]
with torch.no_grad():
    for weight in model.parameters():
        if weight.ndim > 0:
            weight.copy_(torch.randn_like(weight) * 0.3)
    answers = [model(input_ids=tokens(caption), pixel_values=pixels) for caption in captions]
model.save_pretrained(here)
files = {
    "vocab.json": ids,
    "tokenizer_config.json": {"model_max_length": length},
    "expected.json": {
        "picture": base64.b64encode(picture.tobytes()).decode(),
        "image": answers[0].image_embeds[0].tolist(),
        "captions": {caption: answer.text_embeds[0].tolist() for caption, answer in zip(captions, answers)},
    },
}
for name, value in files.items():
    with open(os.path.join(here, name), "w") as file:
        json.dump(value, file)
with open(os.path.join(here, "merges.txt"), "w") as file:
    file.write("#version: 0.2\n")
