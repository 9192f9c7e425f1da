import { pocketSizes } from "../pocket_sizes.ts";
import { stableDiffusion15 } from "../../lib/bases/sd/stable_diffusion_15.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import {
  largeProgram,
  largeWeights,
  prepareUnet,
  prepareVae,
} from "../large_models.ts";
import type { Report, ReportOptions, ReportTable } from "../report.ts";
import { prepareSdxl, sdxlStep, sdxlWeights } from "../sdxl_unet.ts";
import { type MachinePeaks, machinePeaks } from "./machine_peaks.ts";
import { workOf } from "./node_work.ts";
import { profile, type Profiled, type ProfiledNode } from "./profile.ts";

/** Where the time goes, operator by operator, beside what the machine can do. */
export const whereReports: readonly Report[] = [
  {
    name: "where",
    summary:
      "where the time goes in the UNet's step of SD 1.5's size, batch 2, 64×64 latents",
    prepare: prepareUnet,
    run: (options) => where(options, 2, largeUnet),
  },
  {
    name: "where-sdxl",
    summary:
      "where the time goes in a step of a UNet of SDXL's size, batch 1, 128×128 latents",
    named: true,
    prepare: () => prepareSdxl(false),
    run: (options) =>
      where(options, 1, async () => ({
        program: sdxlStep(false, 128),
        weights: await openSafetensors(sdxlWeights(false)),
        dims: { batch: 1, text_tokens: 77 },
      })),
  },
  {
    name: "where-vae",
    summary: "where the time goes in the VAE's decoder, 512×512",
    prepare: prepareVae,
    run: (options) =>
      where(options, 1, async () => ({
        program: largeProgram("vae"),
        weights: await openSafetensors(largeWeights("vae")),
        dims: { batch: 1 },
      })),
  },
  {
    name: "where-pocket",
    summary:
      "where the time goes in the pocket UNet's step, batch 2, two references",
    run: (options) => where(options, 20, pocketUnet),
  },
];

async function largeUnet(): Promise<Profiled> {
  return {
    program: unetProgram(stableDiffusion15, {
      size: { height: 64, width: 64 },
    }),
    weights: await openSafetensors(largeWeights("unet")),
    dims: { batch: 2, text_tokens: 77 },
  };
}

async function pocketUnet(): Promise<Profiled> {
  const folder = "models/pocket";
  const { unet, textTokens, imageTokens } = await pocketSizes(folder);
  const latents = unet.sample_size;
  return {
    program: unetProgram(unet, {
      size: { height: latents, width: latents },
    }),
    weights: await openSafetensors(
      `${folder}/unet/diffusion_pytorch_model.safetensors`,
    ),
    dims: {
      batch: 2,
      text_tokens: textTokens,
      ci_tokens: imageTokens,
      ri_tokens: imageTokens,
      instances: 2,
    },
  };
}

/** Operators that together take less than this share of the time are one row. */
const leastShare = 0.005;

async function where(
  { threads, rounds, onProgress }: ReportOptions,
  ownRounds: number,
  open: () => Promise<Profiled>,
): Promise<ReportTable> {
  onProgress("the machine");
  const peaks = await machinePeaks(threads);
  onProgress("profile");
  const runs = rounds ?? ownRounds;
  const nodes = await profile(await open(), { threads, runs });
  const total = nodes.reduce((sum, { seconds }) => sum + seconds, 0);
  const groups = Object.entries(
    Object.groupBy(nodes, ({ operator }) => operator),
  ).map(([operator, own]) => sumOf(operator, own!))
    .sort((a, b) => b.seconds - a.seconds);
  const large = groups.filter(({ seconds }) => seconds >= leastShare * total);
  const small = groups.filter((group) => !large.includes(group));
  const rest = combine("everything else", small);
  const all = combine("together", groups);
  return {
    notes: [
      `Matrix product of 2048²: ${giga(peaks.flops)} GFLOP/s; sum of vectors: ${
        giga(peaks.bandwidth)
      } GB/s.`,
    ],
    head: [
      ...["operator", "nodes", "time", "share", "GFLOP"],
      ...["GFLOP/s", "of the peak", "GB", "GB/s", "of the bandwidth"],
    ],
    rows: [...large, rest, all].map((group) => row(group, total, peaks)),
  };
}

interface Group {
  readonly operator: string;
  readonly nodes: number;
  readonly seconds: number;
  readonly flops: number;
  readonly bytes: number;
}

function sumOf(operator: string, nodes: readonly ProfiledNode[]): Group {
  return combine(
    operator,
    nodes.map((node) => ({
      operator,
      nodes: 1,
      seconds: node.seconds,
      ...workOf(node),
    })),
  );
}

function combine(operator: string, parts: readonly Group[]): Group {
  const sum = (key: "nodes" | "seconds" | "flops" | "bytes") =>
    parts.reduce((total, part) => total + part[key], 0);
  return {
    operator,
    nodes: sum("nodes"),
    seconds: sum("seconds"),
    flops: sum("flops"),
    bytes: sum("bytes"),
  };
}

function row(group: Group, total: number, peaks: MachinePeaks): string[] {
  const { operator, nodes, seconds, flops, bytes } = group;
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
  return [
    operator,
    String(nodes),
    seconds < 1
      ? `${(1000 * seconds).toFixed(1)} ms`
      : `${seconds.toFixed(2)} s`,
    percent(seconds / total),
    flops === 0 ? "–" : (flops / 1e9).toFixed(1),
    flops === 0 ? "–" : giga(flops / seconds),
    flops === 0 ? "–" : percent(flops / seconds / peaks.flops),
    (bytes / 1e9).toFixed(2),
    giga(bytes / seconds),
    percent(bytes / seconds / peaks.bandwidth),
  ];
}

function giga(value: number): string {
  return (value / 1e9).toFixed(value < 1e10 ? 1 : 0);
}
