"""Writes what YOLO's reference pipeline makes of given numbers: expected.json beside this file.

torchvision's NMS and OpenCV's resize, called as Ultralytics' non_max_suppression (multi_label,
conf 0.001, iou 0.7, max_det 300, classes 7680 pixels apart) and LetterBox call them.
"""

import base64
import json
import os

import cv2
import numpy
import torch
from torchvision.ops import nms

draw = numpy.random.default_rng(5)
cells, classes = 120, 80
boxes = numpy.zeros((cells, 4), numpy.float32)
scores = numpy.zeros((cells, classes), numpy.float32)
for i in range(cells):
    if i % 4 == 0:
        boxes[i] = [*draw.uniform(60, 580, 2), *draw.uniform(4, 120, 2)]
        kind = int(draw.integers(classes))
    else:
        # a neighbour whose IoU with the first of the four is about 0.7
        x, y, width, height = boxes[i - i % 4]
        shift = width * (0.3 / 1.7 + draw.normal() * (0.002 if i % 4 < 3 else 0.1))
        boxes[i] = [x + shift * (1 if i % 2 else -1), y, width, height]
    for k in {kind, int(draw.integers(classes))}:
        scores[i, k] = round(float(draw.uniform(0.0005, 1)), 2)
x, y, width, height = torch.tensor(boxes).unbind(1)
corners = torch.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 1)
found = torch.tensor(scores)
rows, kinds = torch.where(found > 0.001)
rated = torch.cat([corners[rows], found[rows, kinds, None], kinds[:, None].float()], 1)
rated = rated[rated[:, 4].argsort(descending=True, stable=True)]
kept = rated[nms(rated[:, :4] + rated[:, 5:] * 7680, rated[:, 4], 0.7)[:300]]

picture = draw.integers(0, 256, (37, 50, 3)).astype(numpy.uint8)
letterboxes = []
for side in 32, 64:
    ratio = min(side / 37, side / 50)
    width, height = round(50 * ratio), round(37 * ratio)
    across, down = (side - width) / 2, (side - height) / 2
    resized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
    framed = cv2.copyMakeBorder(
        resized, round(down - 0.1), round(down + 0.1), round(across - 0.1), round(across + 0.1),
        cv2.BORDER_CONSTANT, value=(114, 114, 114))
    letterboxes.append({"side": side, "pixels": base64.b64encode(framed.tobytes()).decode()})
with open(os.path.join(os.path.dirname(__file__), "expected.json"), "w") as file:
    json.dump({
        "boxes": boxes.tolist(),
        "scores": [[int(i), int(k), float(scores[i, k])] for i, k in zip(*scores.nonzero())],
        "kept": kept.tolist(),
        "picture": {"width": 50, "height": 37, "pixels": base64.b64encode(picture.tobytes()).decode()},
        "letterboxes": letterboxes,
    }, file)
