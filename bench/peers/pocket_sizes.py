"""Sizes of the pocket model's inputs, by its configs."""

import json


def config(part):
    """The config of a part."""
    with open(f"models/pocket/{part}/config.json") as file:
        return json.load(file)


TEXT_TOKENS = config("text_encoder")["max_position_embeddings"]

encoder = config("image_encoder")
IMAGE_TOKENS = (encoder["image_size"] // encoder["patch_size"]) ** 2 + 1
