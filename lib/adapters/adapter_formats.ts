/** Adapter files: which formats exist, and which one a file has. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { LocRefError } from "../core/error.ts";
import { callback, text } from "../core/kinds.ts";
import { type Registry, registry } from "../core/registry.ts";
import { readConfigFile } from "../weights/configs/read_config_file.ts";
import { openWeights } from "../weights/open_part.ts";
import { refuseOtherKind } from "../weights/refuse_kind.ts";
import { openSafetensors } from "../weights/safetensors/safetensors.ts";
import type {
  Adapter,
  AdapterFormat,
  AdapterSource,
  BesideAdapter,
} from "./adapter.ts";
import { addSettings } from "./added_settings.ts";
import {
  adapterInWords,
  ipAdapterFormat,
} from "./ip_adapter/ip_adapter_format.ts";
import { boundedAdapter } from "./bounded_attention/bounded_adapter.ts";
import { fastComposerFormat } from "./fastcomposer/fastcomposer_format.ts";
import { geoDiffusionAdapter } from "./geodiffusion/geodiffusion_adapter.ts";
import { gligenFormat } from "./gligen/gligen_format.ts";
import { layoutGuidanceAdapter } from "./layout_guidance/layout_guidance_adapter.ts";
import { migcFormat } from "./migc/migc_format.ts";
import { msFormat } from "./ms_diffusion/ms_format.ts";
import { styleAlignedAdapter } from "./style_aligned/style_aligned_adapter.ts";
import type { NamedAdapter } from "./weightless.ts";
import { locrefFormat } from "./locref/locref_format.ts";

/** The formats of this package, in the order in which a file is compared with them. */
const builtInFormats: readonly AdapterFormat[] = [
  locrefFormat,
  ipAdapterFormat,
  gligenFormat,
  migcFormat,
  msFormat,
  fastComposerFormat,
];

const formats = registry<AdapterFormat>(builtInFormats, {
  of: "adapterFormats.add",
  entry: "Adapter format",
  nameOf: ({ name }) => name,
  first: true,
  needs: { name: text("a name"), matches: callback, open: callback },
});

/** The formats that exist; one that a program adds is compared before those of this package. */
export const adapterFormats: Registry<AdapterFormat> = {
  [Symbol.iterator]: () => formats[Symbol.iterator](),
  add(format) {
    formats.add(format);
    addSettings(format.settings ?? {});
  },
};

/** Adapters without weights, by the names that stand for them. */
export const namedAdapters: readonly NamedAdapter[] = [
  styleAlignedAdapter,
  boundedAdapter,
  layoutGuidanceAdapter,
  geoDiffusionAdapter,
];

/** The adapter without weights of this name. */
export function namedAdapter(name: string): NamedAdapter | undefined {
  return namedAdapters.find((one) => one.name === name);
}

/**
 * Opens an adapter by the name of one without weights, or a file or a folder with `config.json`, and finds out its format.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it has none of {@linkcode adapterFormats}.
 */
export async function openAdapter(
  path: string,
  beside: BesideAdapter = {},
): Promise<Adapter> {
  const named = namedAdapter(path);
  if (named !== undefined) return named.open();
  const found = await stat(path).catch(() => undefined);
  return readAdapter(
    found?.isDirectory()
      ? await openAdapterFolder(path)
      : await openSafetensors(path),
    beside,
  );
}

async function openAdapterFolder(path: string): Promise<AdapterSource> {
  const file = join(path, "config.json");
  const weights = await openWeights(path);
  return {
    names: () => weights.names(),
    info: (name) => weights.info(name),
    read: (name) => weights.read(name),
    path,
    metadata: {},
    config: { value: await readConfigFile(file), file },
  };
}

/**
 * An open file as an adapter. Reads no values.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it has none of {@linkcode adapterFormats}.
 */
export function readAdapter(
  file: AdapterSource,
  beside: BesideAdapter = {},
): Adapter {
  return formatOf(file).open(file, beside);
}

/**
 * The format of a file, by its header alone.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if it has none, in the words of `doctor`.
 */
export function formatOf(file: AdapterSource): AdapterFormat {
  for (const format of adapterFormats) {
    if (format.matches(file)) return format;
  }
  refuseOtherKind(file, {
    kinds: [],
    file: `"${file.path}"`,
    expected: adapterInWords,
  });
  throw new LocRefError(
    "checkpoint-mismatch",
    `"${file.path}" is no adapter: it has neither the metadata of a LocRef file nor the tensors of an IP-Adapter`,
  );
}
