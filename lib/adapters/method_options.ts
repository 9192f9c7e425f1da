/** Settings of the systems beside LocRef, by the name of each. */

import { nested } from "../core/check_options.ts";
import { isPlain } from "../core/known_keys.ts";
import type { Kind } from "../core/kinds.ts";
import { adapterFormats, namedAdapters } from "./adapter_formats.ts";
import type { BoundedOptions } from "./bounded_attention/bounded_options.ts";
import type { FastComposerOptions } from "./fastcomposer/fastcomposer_options.ts";
import type { GeoDiffusionOptions } from "./geodiffusion/geodiffusion_options.ts";
import type { GligenOptions } from "./gligen/gligen_options.ts";
import type { LayoutGuidanceOptions } from "./layout_guidance/layout_options.ts";
import type { MigcOptions } from "./migc/migc_options.ts";
import type { MsOptions } from "./ms_diffusion/ms_options.ts";
import type { StyleAlignedOptions } from "./style_aligned/style_options.ts";

/** Settings of a run by the kinds of its adapters. */
export interface MethodOptions {
  /** GLIGEN. */
  readonly gligen?: GligenOptions;
  /** MIGC. */
  readonly migc?: MigcOptions;
  /** MIGC++. */
  readonly "migc-plus"?: MigcOptions;
  /** MS-Diffusion. */
  readonly "ms-diffusion"?: MsOptions;
  /** FastComposer. */
  readonly fastcomposer?: FastComposerOptions;
  /** StyleAligned. */
  readonly "style-aligned"?: StyleAlignedOptions;
  /** Bounded Attention. */
  readonly "bounded-attention"?: BoundedOptions;
  /** Layout guidance. */
  readonly "layout-guidance"?: LayoutGuidanceOptions;
  /** GeoDiffusion. */
  readonly geodiffusion?: GeoDiffusionOptions;
  /** Those of an adapter that the program added, checked by its format's `settings`. */
  readonly [added: string]: object | undefined;
}

/** The kinds of the settings by adapter: those of every format and every adapter without weights. */
function kinds(): Readonly<Record<string, Kind>> {
  const all = [...adapterFormats, ...namedAdapters];
  return Object.assign({}, ...all.map(({ settings }) => settings));
}

/** Names of the systems that have settings. */
export function methodNames(): readonly string[] {
  return Object.keys(kinds());
}

const must = "settings by adapter, such as { gligen: { beta: 0.3 } }";

/** The kind of {@linkcode MethodOptions}. */
export const methodOptions: Kind = {
  ...{ must, is: isPlain },
  inside: (value: object, name) =>
    nested<Record<string, unknown>>({ must, fields: kinds() })
      .inside?.(value as never, name),
};
