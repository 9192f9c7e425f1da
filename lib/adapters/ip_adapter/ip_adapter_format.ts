import type { WeightSource } from "../../ops/executor.ts";
import { refuseOtherKind } from "../../weights/refuse_kind.ts";
import type { AdapterFormat, AdapterSource } from "../adapter.ts";
import { numberIn } from "../adapter_metadata.ts";
import { locrefAdapter } from "../locref/locref_adapter.ts";
import type { LocRefFile } from "../locref/locref_file.ts";
import type {
  AppearanceNetKind,
  AppearanceNetShape,
} from "../locref/appearance_net.ts";
import { defaultFusionSettings } from "../locref/fusion_settings.ts";
import { shapeOf } from "../tensor_shape.ts";
import type { ResamplerShape } from "./resampler.ts";

/** Adapters that can be opened, as messages name them. */
export const adapterInWords = "adapter of LocRef's or IP-Adapter's kind";

/** The public IP-Adapter files, which stand in for LocRef's in both branches. */
export const ipAdapterFormat: AdapterFormat = {
  name: "IP-Adapter",
  matches: (file) => ipAdapterKind(file) !== undefined,
  open(file, beside) {
    refuseOtherKind(file, {
      kinds: ["ip-adapter-base", "ip-adapter-full", "ip-adapter-plus"],
      file: `"${file.path}"`,
      expected: adapterInWords,
    });
    return locrefAdapter(ipAdapter(file, ipAdapterKind(file)!), beside);
  },
};

function ipAdapterKind(file: AdapterSource): AppearanceNetKind | undefined {
  const has = (name: string) => file.info(`image_proj.${name}`) !== undefined;
  if (file.info("ip_adapter.1.to_k_ip.weight") === undefined) return undefined;
  if (has("latents")) return "ip-adapter-plus";
  if (has("proj.3.weight")) return "ip-adapter-full";
  if (has("proj.weight")) return "ip-adapter-base";
  return undefined;
}

/**
 * An IP-Adapter in both branches. Each has half the strength, so that a picture does not act twice.
 * Where the file's notes say it, each has the strength that it was trained with.
 */
function ipAdapter(
  file: AdapterSource,
  kind: AppearanceNetKind,
): LocRefFile {
  return {
    file: file.path,
    weights: bothBranches(file),
    fit: "stretch",
    compositeFit: "stretch",
    settings: {
      ...defaultFusionSettings,
      lambdaCi: numberIn(file, "lambda_ci", 0.5),
      lambdaRi: numberIn(file, "lambda_ri", 0.5),
      overlap: "average",
    },
    shape: ipAdapterShape(file, kind),
  };
}

function ipAdapterShape(
  file: AdapterSource,
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

function resamplerShape(file: AdapterSource): ResamplerShape {
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
function bothBranches(file: AdapterSource): WeightSource {
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
