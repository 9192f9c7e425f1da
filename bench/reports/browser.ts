import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { decodeImage } from "../../lib/images/decode.ts";
import type { Raster } from "../../lib/images/raster.ts";
import { exampleScene } from "../../lib/export/export_scene.ts";
import { makePicture } from "../../lib/pipeline/make_picture.ts";
import { exportModel } from "../../lib/export/export_model.ts";
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
import { openPage } from "../browser/chromium.ts";
import { servePage } from "../browser/serve_page.ts";
import {
  type PageMode,
  type PageTimes,
  timedPage,
} from "../browser/timed_page.ts";
import { median } from "../summarise.ts";
import { writeTorchPage } from "../browser/torch_page.ts";
import { webFolder } from "../paths.ts";
import type { Report, ReportOptions, ReportTable } from "../report.ts";

const folder = ".cache/bench/export";
const steps = 20;

/** Time after which a page is given up, in milliseconds. */
const patience = 900_000;

/** The exported page in a browser, beside Deno. */
export const browserReport: Report = {
  name: "browser",
  summary:
    `the exported page of the pocket model in headless Chromium, ${steps} steps under guidance, two references`,
  run: browser,
};

async function browser(options: ReportOptions): Promise<ReportTable> {
  const { threads, peers, onProgress } = options;
  if (!existsSync(join(webFolder, "node_modules"))) {
    throw new Error(
      "onnxruntime-web is not installed: run `deno task bench:setup`",
    );
  }
  onProgress("Deno");
  const native = await exportAndGenerate(threads);
  const rows = [["locref in Deno", ...native.cells, "0.00"]];
  const modes: PageMode[] = [
    { provider: "wasm", threads: 1 },
    ...threads > 1 ? [{ provider: "wasm", threads } as const] : [],
    { provider: "webgpu", threads: 1 },
  ];
  for (const mode of modes) {
    const name = `exported page, ${nameOf(mode)}`;
    onProgress(name);
    const from = exportedFor(mode.provider);
    const page = await readFile(join(from, "index.html"), "utf8");
    const times = await watched(timedPage(page, mode), from, mode);
    rows.push([name, ...await pageCells(times, native.picture)]);
  }
  for (const mode of peers ? modes : []) {
    const name = `torch.onnx's UNet alone, ${nameOf(mode)}`;
    onProgress(name);
    rows.push([name, ...await torchCells(mode)]);
  }
  return {
    head: ["", "to the first step's end", "step", "picture", "difference"],
    rows,
  };
}

function nameOf({ provider, threads }: PageMode): string {
  return provider === "webgpu"
    ? "WebGPU on a software device"
    : `wasm, ${threads} ${threads > 1 ? "threads" : "thread"}`;
}

function exportedFor(provider: PageMode["provider"]): string {
  return `${folder}-${provider}`;
}

/** The peer: a UNet without references, random inputs, no VAE. */
async function torchCells(mode: PageMode): Promise<string[]> {
  try {
    const { page, folder } = await writeTorchPage(mode, steps);
    return await pageCells(await watched(page, folder, mode));
  } catch (error) {
    return await pageCells({ error: (error as Error).message });
  }
}

/** Exports the model and makes the page's picture here, once uncounted. */
async function exportAndGenerate(threads: number) {
  await using model = await loadModel("pocket", { backend: "onnx", threads });
  for (const provider of ["wasm", "webgpu"] as const) {
    await rm(exportedFor(provider), { recursive: true, force: true });
    await exportModel(model, exportedFor(provider), {
      ...{ steps, webgpu: provider === "webgpu" },
    });
  }
  const scene = await exampleScene(model);
  await makePicture({ scene, model }, { steps });
  const start = performance.now();
  const picture = await makePicture({ scene, model }, { steps });
  const time = performance.now() - start;
  const cells = ["–", `${(time / steps).toFixed(1)} ms`, seconds(time)];
  return { picture, cells };
}

/** What the page tells, run in a browser of its own. */
async function watched(
  page: string,
  folder: string,
  { provider }: PageMode,
): Promise<PageTimes> {
  await using served = servePage(page, folder);
  const browser = await openPage(served.url, { webgpu: provider === "webgpu" });
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<PageTimes>((resolve) => {
    const error = `nothing after ${patience / 1000} s`;
    timer = setTimeout(() => resolve({ error }), patience);
  });
  try {
    return await Promise.race([served.done, late]);
  } finally {
    clearTimeout(timer!);
    await browser.close();
  }
}

async function pageCells(
  { steps = [], picture, url, error }: PageTimes,
  native?: Raster,
): Promise<string[]> {
  if (error !== undefined) return [`failed: ${error}`, "–", "–", "–"];
  const between = steps.slice(1).map((time, i) => time - steps[i]!);
  return [
    seconds(steps[0]!),
    `${median(between).toFixed(1)} ms`,
    picture === undefined ? "–" : seconds(picture),
    native === undefined || url === undefined
      ? "–"
      : difference(await decodeImage(await bytesOf(url)), native).toFixed(2),
  ];
}

async function bytesOf(url: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}

/** Mean difference of two pictures, in 1/255. */
function difference(a: Raster, b: Raster): number {
  const sum = a.data.reduce(
    (total, value, i) => total + Math.abs(value - b.data[i]!),
    0,
  );
  return sum / (3 * a.width * a.height);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
