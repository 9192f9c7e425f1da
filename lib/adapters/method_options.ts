/** Settings of the systems beside LocRef, by the name of each. */

import { nested } from "../core/check_options.ts";
import { isPlain } from "../core/known_keys.ts";
import type { Kind } from "../core/kinds.ts";
import { addedSettings } from "./added_settings.ts";
import {
  type BoundedOptions,
  boundedOptions,
} from "./bounded_attention/bounded_options.ts";
import {
  type FastComposerOptions,
  fastComposerOptions,
} from "./fastcomposer/fastcomposer_options.ts";
import {
  type GeoDiffusionOptions,
  geoDiffusionOptions,
} from "./geodiffusion/geodiffusion_options.ts";
import { type GligenOptions, gligenOptions } from "./gligen/gligen_options.ts";
import {
  type LayoutGuidanceOptions,
  layoutGuidanceOptions,
} from "./layout_guidance/layout_options.ts";
import { type MigcOptions, migcOptions } from "./migc/migc_options.ts";
import { type MsOptions, msOptions } from "./ms_diffusion/ms_options.ts";
import {
  type StyleAlignedOptions,
  styleAlignedOptions,
} from "./style_aligned/style_options.ts";

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

const builtIn: Readonly<Record<string, Kind>> = {
  gligen: gligenOptions,
  migc: migcOptions,
  "migc-plus": migcOptions,
  "ms-diffusion": msOptions,
  fastcomposer: fastComposerOptions,
  "style-aligned": styleAlignedOptions,
  "bounded-attention": boundedOptions,
  "layout-guidance": layoutGuidanceOptions,
  geodiffusion: geoDiffusionOptions,
};

/** The kinds of the settings, by adapter; this module loads no code of models. */
function kinds(): Readonly<Record<string, Kind>> {
  return { ...builtIn, ...addedSettings() };
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
