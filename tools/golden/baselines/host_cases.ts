import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import type { FractionBox } from "../../../lib/core/geometry.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import {
  hiddenCells,
  hiddenTokens,
  roundedCells,
} from "../../../lib/adapters/bounded_attention/hidden_pairs.ts";
import {
  boxLossWeights,
  type BoxLossWeightsOptions,
} from "../../../lib/adapters/geodiffusion/box_loss_weights.ts";
import { locationCaption } from "../../../lib/adapters/geodiffusion/location_words.ts";
import { boxFourier } from "../../../lib/adapters/gligen/box_fourier.ts";
import { groundingSchedule } from "../../../lib/adapters/gligen/grounding_schedule.ts";
import { migcMasks, paintBox } from "../../../lib/adapters/migc/migc_masks.ts";
import { boxCells } from "../../../lib/adapters/ms_diffusion/box_cells.ts";
import { type GoldenCase, relativeError } from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { readBoundedTokens } from "./bounded_tokens.ts";

/** Values that are computed on the host, without a model. */
export const hostCases: readonly GoldenCase[] = [
  { name: "gligen.schedule", bound: 1e-12, run: ({ dir }) => schedules(dir) },
  ...["text", "text_image"].map((form) => ({
    name: `gligen.${form}.fourier`,
    bound: 1e-4,
    run: ({ dir }: { dir: string }) => fourier(dir, form),
  })),
  { name: "migc.masks", bound: 1e-6, run: ({ dir }) => masksOfMigc(dir) },
  { name: "ms_diffusion.masks", bound: 1e-6, run: ({ dir }) => cellsOfMs(dir) },
  { name: "bounded.hidden", bound: 1e-6, run: ({ dir }) => hiddenPairs(dir) },
  { name: "geodiffusion.prompts", bound: 0, run: ({ dir }) => prompts(dir) },
  { name: "geodiffusion.weights", bound: 1e-5, run: ({ dir }) => weights(dir) },
];

async function schedules(dir: string): Promise<number> {
  const { schedules } = await readJson<{
    schedules: {
      length: number;
      kind: [number, number, number];
      alphas: number[];
    }[];
  }>(join(dir, "gligen.json"));
  const errors = schedules.flatMap(({ length, kind, alphas }) => {
    const found = groundingSchedule(length, kind);
    return alphas.map((alpha, i) => Math.abs(alpha - found[i]!));
  });
  return Math.max(...errors);
}

async function fourier(dir: string, form: string): Promise<number> {
  const goldens = await readGoldens(dir, `gligen_${form}`);
  return relativeError(
    boxFourier(boxesOf(goldens.boxes!)),
    goldens.fourier!,
  );
}

async function masksOfMigc(dir: string): Promise<number> {
  const errors: number[] = [];
  for (const file of ["migc", "migc_plus"]) {
    if (!existsSync(join(dir, `${file}.safetensors`))) continue;
    const goldens = await readGoldens(dir, file);
    const boxes = boxesOf(goldens.boxes!);
    for (const key of keysOf(goldens, "mask.")) {
      const layer = sizeOfKey(key);
      // the wide latent is half as wide again
      const latent = {
        height: goldens.sample!.shape[2]!,
        width: layer.width > layer.height
          ? goldens.wide_sample!.shape[3]!
          : goldens.sample!.shape[3]!,
      };
      const picture = { height: 8 * latent.height, width: 8 * latent.width };
      const found = migcMasks(
        boxes.map((box) => paintBox(box, picture)),
        picture,
        { latent, layer },
      );
      errors.push(
        difference(found.instances, goldens[`mask.${key}`]!),
        difference([found.background], goldens[`background.${key}`]!),
      );
    }
  }
  return Math.max(...errors);
}

async function cellsOfMs(dir: string): Promise<number> {
  const goldens = await readGoldens(dir, "ms_diffusion_sd15");
  const boxes = boxesOf(goldens.boxes!);
  return Math.max(
    ...keysOf(goldens, "mask.").map((key) =>
      difference(
        boxes.map((box) => boxCells(box, sizeOfKey(key))),
        goldens[`mask.${key}`]!,
      )
    ),
  );
}

async function hiddenPairs(dir: string): Promise<number> {
  const goldens = await readGoldens(dir, "bounded_attention");
  const tokens = await readBoundedTokens(dir, goldens.encoder_hidden_states!);
  const boxes = boxesOf(goldens.boxes!);
  const cells = (key: string) =>
    boxes.map((box) => roundedCells(box, sizeOfKey(key)));
  const errors = [
    ...keysOf(goldens, "cells.").map((key) =>
      difference(cells(key), goldens[`cells.${key}`]!)
    ),
    ...keysOf(goldens, "hidden_self.").map((key) =>
      difference([hiddenCells(cells(key))], goldens[`hidden_self.${key}`]!)
    ),
  ];
  for (const guiding of [false, true]) {
    const prefix = `hidden_text${guiding ? "_guiding" : ""}.`;
    for (const key of keysOf(goldens, prefix)) {
      const found = hiddenTokens(cells(key), tokens, guiding);
      errors.push(difference([found], goldens[prefix + key]!));
    }
  }
  return Math.max(...errors);
}

async function prompts(dir: string): Promise<number> {
  const { prompts } = await readJson<{
    prompts: {
      grid: [number, number];
      labels: string[];
      boxes: [number, number, number, number][];
      prompt: string;
    }[];
  }>(join(dir, "geodiffusion.json"));
  const same = prompts.every(({ grid, labels, boxes, prompt }) => {
    const objects = boxes.map(([x0, y0, x1, y1], i) => ({
      label: labels[i]!,
      box: { x0, y0, x1, y1 },
    }));
    const [columns, rows] = grid;
    return locationCaption(objects, { columns, rows }) === prompt;
  });
  return same ? 0 : 1;
}

async function weights(dir: string): Promise<number> {
  const goldens = await readGoldens(dir, "geodiffusion");
  const settings = await readJson<{
    weights: Record<string, Partial<BoxLossWeightsOptions>>;
  }>(join(dir, "geodiffusion.json"));
  const errors = Object.entries(settings.weights).flatMap(([name, one]) => {
    const expected = goldens[name];
    if (expected === undefined) return [];
    const [height, width] = expected.shape as [number, number];
    const found = boxLossWeights(boxesOf(goldens.boxes!), { height, width }, {
      ...{ mode: "constant", weight: 1, ...one },
    });
    return relativeError(tensor(expected.shape, found), expected);
  });
  return Math.max(...errors);
}

/** Boxes `[…, 4]`, xyxy. */
export function boxesOf({ data }: Tensor): FractionBox[] {
  return Array.from({ length: data.length / 4 }, (_, i) => {
    const [x0, y0, x1, y1] = data.subarray(4 * i, 4 * i + 4);
    return { x0: x0!, y0: y0!, x1: x1!, y1: y1! };
  });
}

function keysOf(goldens: Record<string, Tensor>, prefix: string): string[] {
  return Object.keys(goldens).filter((key) => key.startsWith(prefix))
    .map((key) => key.slice(prefix.length));
}

function sizeOfKey(key: string): { height: number; width: number } {
  const [height, width] = key.split("x").map(Number);
  return { height: height!, width: width! };
}

function difference(rows: readonly Float32Array[], expected: Tensor): number {
  const found = Float32Array.from(rows.flatMap((row) => [...row]));
  if (found.length !== expected.data.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < found.length; i++) {
    largest = Math.max(largest, Math.abs(found[i]! - expected.data[i]!));
  }
  return largest;
}
