"""What `deno task dataset build` does, with Pillow and pycocotools in one process or in several."""

import argparse
import hashlib
import io
import json
import multiprocessing
import os
import resource
import shutil
import sys
import tarfile
import time
from contextlib import nullcontext, redirect_stdout

import numpy as np
from PIL import Image, ImageCms, ImageOps
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from serve import say

SIZE, REF_SIZE, QUALITY, SHARD = 512, 256, 90, 500


SRGB = ImageCms.createProfile("sRGB")


def upright(content):
    """The picture as it is to be seen, in sRGB."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    profile = picture.info.get("icc_profile")
    if profile and b"sRGB" not in profile and picture.mode == "RGB":
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, own, SRGB)
    return picture.convert("RGB")


def usable(annotation, width, height):
    """The box, clipped, where the instance is to become a reference."""
    x, y, w, h = annotation["bbox"]
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(width, x + w), min(height, y + h)
    w, h = x1 - x0, y1 - y0
    if annotation["iscrowd"] or w <= 0 or h <= 0:
        return None
    if w * h < 0.005 * width * height or min(w, h) < 16 or max(w / h, h / w) > 8:
        return None
    return x0, y0, x1, y1


def reference(picture, box, mask, method):
    left, top = int(box[0]), int(box[1])
    right, bottom = int(np.ceil(box[2])), int(np.ceil(box[3]))
    crop = picture.crop((left, top, right, bottom))
    scale = min(1, REF_SIZE / max(crop.size))
    size = [max(1, round(side * scale)) for side in crop.size]
    alpha = Image.fromarray(mask[top:bottom, left:right] * 255)
    crop = crop.resize(size, Image.Resampling.LANCZOS)
    crop.putalpha(alpha.resize(size, Image.Resampling.LANCZOS))
    out = io.BytesIO()
    crop.save(out, "WEBP", quality=QUALITY, method=method, exact=True)
    return out.getvalue()


def sample(task):
    """The files of one picture's sample."""
    image, annotations, names, options = task
    path = os.path.join(options.images, image["file_name"])
    with open(path, "rb") as file:
        content = file.read()
    picture = upright(content)
    width, height = picture.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    found = []
    for annotation in annotations:
        box = usable(annotation, width, height)
        if box:
            found.append(((box[2] - box[0]) * (box[3] - box[1]), box, annotation))
    found.sort(key=lambda one: -one[0])
    key = str(image["id"]).zfill(12)
    refs, instances = [], []
    for area, box, annotation in found[:8]:
        inside = (max(box[0], left), max(box[1], top),
                  min(box[2], left + side), min(box[3], top + side))
        w, h = max(0, inside[2] - inside[0]), max(0, inside[3] - inside[1])
        if w * h < 0.3 * area:
            continue
        runs = annotation["segmentation"]
        if isinstance(runs, list):
            runs = coco_mask.merge(coco_mask.frPyObjects(runs, height, width))
        elif isinstance(runs["counts"], list):
            runs = coco_mask.frPyObjects(runs, height, width)
        mask = coco_mask.decode(runs)
        refs.append(reference(picture, box, mask, options.method))
        counts = runs["counts"]
        instances.append({
            "id": str(annotation["id"]),
            "category": names[annotation["category_id"]],
            "box_xyxy_fraction": [
                (inside[0] - left) / side, (inside[1] - top) / side,
                (inside[2] - left) / side, (inside[3] - top) / side,
            ],
            "area": annotation["area"],
            "ref": len(instances),
            "original": {
                "box": annotation["bbox"],
                "mask": {
                    "size": [height, width],
                    "counts": counts.decode() if isinstance(counts, bytes) else counts,
                },
            },
        })
    if not instances:
        return None
    square = picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS,
                            box=(left, top, left + side, top + side))
    out = io.BytesIO()
    square.save(out, "JPEG", quality=QUALITY, subsampling=0)
    digest = hashlib.sha256(content).hexdigest()
    kept = os.path.join(options.out, "originals", digest[:2], digest + ".jpg")
    os.makedirs(os.path.dirname(kept), exist_ok=True)
    if not os.path.exists(kept):
        os.link(path, kept)
    record = {"key": key, "caption": None, "source": {"sha256": digest},
              "instances": instances}
    files = [(f"{key}.jpg", out.getvalue()),
             (f"{key}.json", json.dumps(record).encode())]
    files += [(f"{key}.ref{i}.webp", ref) for i, ref in enumerate(refs)]
    return key, [(name, data, hashlib.sha256(data).hexdigest()) for name, data in files]


def build(options):
    shutil.rmtree(options.out, ignore_errors=True)
    os.makedirs(options.out)
    with redirect_stdout(sys.stderr):
        coco = COCO(options.annotations)
    names = {one["id"]: one["name"] for one in coco.dataset["categories"]}
    tasks = (
        (image, coco.imgToAnns[image["id"]], names, options)
        for image in sorted(coco.dataset["images"], key=lambda one: one["id"])
    )
    index, shard, count = [], None, 0
    with multiprocessing.Pool(options.threads) if options.threads > 1 else nullcontext() as pool:
        for made in pool.imap(sample, tasks, chunksize=4) if pool else map(sample, tasks):
            if made is None:
                continue
            if count % SHARD == 0:
                if shard:
                    shard.close()
                name = f"train-{count // SHARD:06d}.tar"
                shard = tarfile.open(os.path.join(options.out, name), "w")
            count += 1
            key, files = made
            for name, data, _ in files:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                shard.addfile(info, io.BytesIO(data))
            hashes = {name: digest for name, _, digest in files}
            index.append(json.dumps({"key": key, "files": hashes}))
    if shard:
        shard.close()
    with open(os.path.join(options.out, "index.jsonl"), "w") as file:
        file.write("\n".join(index))
    return count


def cpu_seconds():
    usages = [resource.getrusage(who)
              for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usages)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", default="5000")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--method", type=int, default=0, help="effort of WebP")
    options = parser.parse_args()
    folder = f".cache/bench/coco-{options.pictures}"
    options.annotations = f"{folder}/instances.json"
    options.images = f"{folder}/images"
    options.out = ".cache/bench/dataset-pillow"
    say({"ready": True})
    for _ in sys.stdin:
        start, before = time.perf_counter(), cpu_seconds()
        count = build(options)
        say({"seconds": time.perf_counter() - start,
             "cpuSeconds": cpu_seconds() - before, "pictures": count})


if __name__ == "__main__":
    main()
