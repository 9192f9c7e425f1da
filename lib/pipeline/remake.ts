/** Pictures that are made of other pictures of this package: painted on, and made again for it. */

import type { Size } from "../core/geometry.ts";
import { encodePng } from "../images/encode_png.ts";
import { dataUrl } from "../scene_data/reference.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { GenerationStep } from "./generation_step.ts";
import type { LoadedModel } from "./load/loaded_model.ts";
import type { PictureOptions } from "./options/picture_options.ts";
import type { Picture, Remake } from "./picture.ts";
import { type SceneOrigin, trusting } from "./provenance/scene_origin.ts";

/** A scene, and the file that it came from. */
export interface SceneOnModel {
  readonly scene: SceneData;
  readonly model: LoadedModel;
  /** @default {a scene of the program itself} */
  readonly origin?: SceneOrigin;
}

/** Makes a picture of a scene on a model, yielding after every step. */
export type MakePicture = (
  on: SceneOnModel,
  options: PictureOptions,
) => AsyncGenerator<GenerationStep, Picture>;

/** Paints a picture of a run anew, on the same model and with the same options. */
export function remaker(
  run: MakePicture,
  { on: { model, origin = {} }, asked, size, raster }: {
    on: Omit<SceneOnModel, "scene">;
    asked: PictureOptions;
    size: Size;
    raster: Size;
  },
): Remake {
  const { onStep: _, signal: _signal, ...rest } = asked;
  const same = size.width === raster.width && size.height === raster.height;
  return async ({ scene, seed, sources, painted, signal }) => {
    const own = {
      scene,
      model,
      origin: { ...trusting(origin, sources), painted },
    };
    const shape = same ? size : undefined;
    const options = { ...rest, seed, size: shape, signal };
    return await finished(run(own, options));
  };
}

/** The picture of a run, whose steps nobody looks at. */
async function finished(
  steps: AsyncGenerator<GenerationStep, Picture>,
): Promise<Picture> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
  }
}

/** The scene on the picture that it is painted on, made again where its pixels are not at hand. */
export async function withPainted(
  run: MakePicture,
  on: SceneOnModel,
  { signal }: PictureOptions,
): Promise<Required<SceneOnModel>> {
  const { scene, model, origin = {} } = on;
  const { painted } = origin;
  const { init } = scene;
  if (painted?.again === undefined || painted.source !== init?.image) {
    return { scene, model, origin };
  }
  const { scene: below, settings, origin: belowOrigin } = painted.again;
  const picture = await finished(
    run({ scene: below, model, origin: belowOrigin }, { ...settings, signal }),
  );
  const image = dataUrl(encodePng(picture));
  const { provenance } = picture;
  return {
    scene: { ...scene, init: { ...init, image } },
    model,
    origin: {
      ...trusting(origin, [image]),
      painted: { source: image, provenance },
    },
  };
}
