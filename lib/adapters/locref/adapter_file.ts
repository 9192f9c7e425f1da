/** Adapter files: LocRef's own, and the public IP-Adapter variants that can stand in for it. */

import { LocRefError } from "../../core/error.ts";
import type { Fit } from "../../images/resize.ts";
import type { WeightSource } from "../../ops/executor.ts";
import {
  defaultLayoutSettings,
  type LayoutSettings,
} from "./layout_settings.ts";
import type { Overlap } from "../../scene_data/scene_data.ts";
import {
  openSafetensors,
  type SafetensorsFile,
} from "../../weights/safetensors/safetensors.ts";
import { refuseOtherKind } from "../../weights/refuse_kind.ts";
import type {
  AppearanceNetKind,
  AppearanceNetShape,
} from "./appearance_net.ts";
import type { ResamplerShape } from "../ip_adapter/resampler.ts";

/** An open adapter file, under the names of LocRef's own format. */
export interface Adapter {
  readonly shape: AppearanceNetShape;
  /** `layout_net.*` in LocRef's names, the projection in the names of its own kind. */
  readonly weights: WeightSource;
  readonly settings: LayoutSettings;
  /** How a reference is fitted to the image encoder's square. */
  readonly fit: Fit;
  /** Path of the file. */
  readonly file: string;
}

/**
 * Opens an adapter file and finds out what it is.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it is neither a LocRef file nor an IP-Adapter.
 */
export async function openAdapter(path: string): Promise<Adapter> {
  return readAdapter(await openSafetensors(path));
}

/**
 * Finds out what an open file is as an adapter. Reads no values.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it is neither a LocRef file nor an IP-Adapter.
 */
export function readAdapter(file: SafetensorsFile): Adapter {
  if (file.metadata.format === "locref") return locrefAdapter(file);
  refuseOtherKind(file, {
    kinds: ["ip-adapter-base", "ip-adapter-full", "ip-adapter-plus"],
    file: `"${file.path}"`,
    expected: "adapter of LocRef's or IP-Adapter's kind",
  });
  const kind = ipAdapterKind(file);
  if (kind === undefined) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `"${file.path}" is no adapter: it has neither the metadata of a LocRef file nor the tensors of an IP-Adapter`,
    );
  }
  return ipAdapter(file, kind);
}

function locrefAdapter(file: SafetensorsFile): Adapter {
  const { metadata } = file;
  for (const key of ["version", "tokens", "encoder_input"]) {
    if (metadata[key] === undefined) throw badMetadata(file, `has no "${key}"`);
  }
  const input = metadata.encoder_input!;
  if (input !== "pooled" && input !== "patch") {
    throw badMetadata(
      file,
      `says encoder_input "${input}": it must be pooled or patch`,
    );
  }
  const first = shapeOf(file, "appearance_net.proj.0.weight");
  const width = shapeOf(file, "appearance_net.norm.weight")[0]!;
  return {
    file: file.path,
    weights: file,
    fit: choice(file, "fit", ["stretch", "contain", "cover"], "stretch"),
    settings: {
      ...defaultLayoutSettings,
      tau: numberIn(file, "tau", 1),
      lambdaCi: numberIn(file, "lambda_ci", 1),
      lambdaRi: numberIn(file, "lambda_ri", 1),
      overlap: choice<Overlap>(
        file,
        "overlap",
        ["average", "sum", "top"],
        "average",
      ),
    },
    shape: {
      kind: "locref",
      input,
      inputWidth: first[1]!,
      hiddenWidth: first[0]!,
      width,
      tokens: numberIn(file, "tokens", 16),
    },
  };
}

function ipAdapterKind(file: SafetensorsFile): AppearanceNetKind | undefined {
  const has = (name: string) => file.info(`image_proj.${name}`) !== undefined;
  if (file.info("ip_adapter.1.to_k_ip.weight") === undefined) return undefined;
  if (has("latents")) return "ip-adapter-plus";
  if (has("proj.3.weight")) return "ip-adapter-full";
  if (has("proj.weight")) return "ip-adapter-base";
  return undefined;
}

/** An IP-Adapter in both branches, at half strength each, so that a picture does not act twice. */
function ipAdapter(file: SafetensorsFile, kind: AppearanceNetKind): Adapter {
  return {
    file: file.path,
    weights: bothBranches(file),
    fit: "stretch",
    settings: {
      ...defaultLayoutSettings,
      lambdaCi: 0.5,
      lambdaRi: 0.5,
      overlap: "average",
    },
    shape: ipAdapterShape(file, kind),
  };
}

function ipAdapterShape(
  file: SafetensorsFile,
  kind: AppearanceNetKind,
): AppearanceNetShape {
  const shape = (name: string) => shapeOf(file, `image_proj.${name}`);
  if (kind === "ip-adapter-base") {
    const width = shape("norm.weight")[0]!;
    const [out, inputWidth] = shape("proj.weight");
    const tokens = out! / width;
    return {
      kind,
      input: "embeds",
      inputWidth: inputWidth!,
      hiddenWidth: 0,
      width,
      tokens,
    };
  }
  if (kind === "ip-adapter-full") {
    const [hiddenWidth, inputWidth] = shape("proj.0.weight");
    const width = shape("proj.3.weight")[0]!;
    const sizes = { inputWidth: inputWidth!, hiddenWidth: hiddenWidth!, width };
    return { kind, input: "patch", ...sizes, tokens: 1 };
  }
  const resampler = resamplerShape(file);
  const { inputWidth, innerWidth: hiddenWidth, width, queries: tokens } =
    resampler;
  return {
    kind,
    input: "patch",
    inputWidth,
    hiddenWidth,
    width,
    tokens,
    resampler,
  };
}

function resamplerShape(file: SafetensorsFile): ResamplerShape {
  const shape = (name: string) => shapeOf(file, `image_proj.${name}`);
  const [, queries, innerWidth] = shape("latents");
  const layers = file.names().filter((name) =>
    /^image_proj\.layers\.\d+\.0\.to_q\./.test(name)
  );
  return {
    inputWidth: shape("proj_in.weight")[1]!,
    innerWidth: innerWidth!,
    attentionWidth: shape("layers.0.0.to_q.weight")[0]!,
    feedForwardWidth: shape("layers.0.1.1.weight")[0]!,
    width: shape("norm_out.weight")[0]!,
    queries: queries!,
    layers: layers.length,
  };
}

/** `to_k_ip` and `to_v_ip` under the names of both branches of Layout-net. */
function bothBranches(file: SafetensorsFile): WeightSource {
  const origins = new Map<string, string>();
  for (const name of file.names()) {
    const match = /^ip_adapter\.(\d+)\.to_([kv])_ip\.weight$/.exec(name);
    if (!match) origins.set(name, name);
    else {
      for (const branch of ["ci", "ri"]) {
        origins.set(
          `layout_net.${match[1]}.to_${match[2]}_${branch}.weight`,
          name,
        );
      }
    }
  }
  const names = [...origins.keys()].sort();
  return {
    names: () => names,
    info: (name) => file.info(origins.get(name) ?? ""),
    read: (name) => file.read(origins.get(name) ?? name),
  };
}

function shapeOf(file: SafetensorsFile, name: string): readonly number[] {
  const info = file.info(name);
  if (info) return info.shape;
  const message = `Adapter "${file.path}" has no tensor "${name}"`;
  throw new LocRefError("checkpoint-mismatch", message);
}

function numberIn(
  file: SafetensorsFile,
  key: string,
  otherwise: number,
): number {
  const text = file.metadata[key];
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isFinite(value)) return value;
  throw badMetadata(file, `says ${key} "${text}": it must be a number`);
}

function choice<V extends string>(
  file: SafetensorsFile,
  key: string,
  allowed: readonly V[],
  otherwise: V,
): V {
  const text = file.metadata[key] ?? otherwise;
  const found = allowed.find((value) => value === text);
  if (found) return found;
  throw badMetadata(
    file,
    `says ${key} "${text}": it must be one of ${allowed.join(", ")}`,
  );
}

function badMetadata(file: SafetensorsFile, what: string): LocRefError {
  return new LocRefError(
    "file-invalid",
    `Metadata of adapter "${file.path}" ${what}`,
  );
}
