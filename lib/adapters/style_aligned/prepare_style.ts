import { crossSites } from "../../bases/places.ts";
import { LocRefError } from "../../core/error.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { AdapterRun, AdapterScene, PreparedAdapter } from "../adapter.ts";
import type { StyleAlignedOptions } from "./style_options.ts";
import {
  generatedStyle,
  photographedStyle,
  type StyleAt,
} from "./style_run.ts";
import { styleSourceGraph } from "./style_source_graph.ts";
import { type StyledForm, styledGraph } from "./styled_graph.ts";

/** Shift of a photograph's keys in the published transfer: as if each stood twice. */
const photographShift = Math.log(2);

/** Guidance of the inversion in the published transfer. */
const usualInversion = 2;

/** The style's keys, values and statistics, evaluation by evaluation. */
export async function prepareStyle(
  { data, style: raster }: AdapterScene,
  run: AdapterRun,
): Promise<PreparedAdapter> {
  const { style, negative } = data;
  if (style === undefined) {
    throw new LocRefError(
      "scene-invalid",
      'The scene has no style, which the adapter "style-aligned" needs: give it with style(caption), or load the model without the adapter',
    );
  }
  const settings = run.settings as StyleAlignedOptions;
  const { inversionGuidance: guidance = usualInversion } = settings;
  const form = formOf(settings, raster !== undefined, run);
  const graph = styledGraph(form);
  const source = styleSourceGraph(form.groupNorm);
  const places = run.base.places(run.latent);
  const wanted = Object.keys(graph.inputs!(places));
  const at: StyleAt = raster === undefined
    ? await generatedStyle(style, negative, { run, source })
    : await photographedStyle({ ...style, raster }, negative, {
      ...{ run, source, guidance },
    });
  const { scale = 1 } = settings;
  return {
    graphAt: () => graph,
    inputsAt: async (step) => {
      const values = await at(step);
      return Object.fromEntries(
        wanted.map((name) => {
          const value = values[name]!;
          const scaled = scale !== 1 && /^k\.\d+$/.test(name);
          return [name, scaled ? times(value, scale) : value];
        }),
      );
    },
  };
}

function times({ shape, data }: Tensor, factor: number): Tensor {
  return tensor(shape, Float32Array.from(data, (value) => value * factor));
}

function formOf(
  { adain = {}, shift, skip = [], groupNorm = false }: StyleAlignedOptions,
  photograph: boolean,
  { base, latent }: AdapterRun,
): StyledForm {
  const places = base.places(latent);
  if (groupNorm && places.norms === undefined) {
    throw new RangeError(
      "Option groupNorm of style-aligned is true: the model has no group norms that adapters replace, so it must be false",
    );
  }
  const layers = crossSites(places).length;
  const other = skip.find((layer) => layer >= layers);
  if (other !== undefined) {
    throw new RangeError(
      `Option skip of style-aligned holds ${other}: the model has ${layers} self-attention layers, from 0`,
    );
  }
  const { q = true, k = true, v = false } = adain;
  return {
    adain: { q, k, v },
    shift: shift ?? (photograph ? photographShift : 0),
    skip: [...skip].sort((a, b) => a - b),
    groupNorm,
  };
}
