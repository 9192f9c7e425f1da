import type { Overlap } from "../../scene_data/scene_data.ts";
import { fits } from "../../images/resize.ts";
import { squareFits } from "../../weights/square_fit.ts";
import type { AdapterFormat, AdapterSource } from "../adapter.ts";
import { badMetadata, numberIn } from "../adapter_metadata.ts";
import { locrefAdapter } from "./locref_adapter.ts";
import type { LocRefFile } from "./locref_file.ts";
import { shapeOf } from "../tensor_shape.ts";
import { defaultFusionSettings } from "./fusion_settings.ts";

/** LocRef's own files, known by their metadata. */
export const locrefFormat: AdapterFormat = {
  name: "LocRef",
  matches: ({ metadata }) => metadata.format === "locref",
  open: (file, beside) => locrefAdapter(readFile(file), beside),
};

function readFile(file: AdapterSource): LocRefFile {
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
    fit: choice(file, "fit", fits, "stretch"),
    compositeFit: choice(file, "composite_fit", squareFits, "stretch"),
    settings: {
      ...defaultFusionSettings,
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

function choice<V extends string>(
  file: AdapterSource,
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
