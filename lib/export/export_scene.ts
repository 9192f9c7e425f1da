import { Buffer } from "node:buffer";
import { encodeImage } from "../images/encode.ts";
import { blankRaster, type Colour } from "../images/raster.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { LoadedModel } from "../pipeline/load/loaded_model.ts";

/** Two balls side by side, drawn here; a caption alone for a model without an adapter. */
export async function exampleScene(model: LoadedModel): Promise<SceneData> {
  const scene = { version: 1, negative: "" } as const;
  if (model.parts.adapters.length === 0) {
    return {
      ...scene,
      caption: "a red apple on a wooden table",
      instances: [],
    };
  }
  const colours: Colour[] = [[214, 40, 40, 255], [250, 200, 30, 255]];
  const instances = await Promise.all(colours.map(async (colour, i) => ({
    reference: await ball(colour),
    box: { x0: 0.06 + 0.48 * i, y0: 0.3, x1: 0.46 + 0.48 * i, y1: 0.7 },
    scale: 1,
    start: 0,
    end: 1,
    z: 0,
    cutout: "alpha",
  })));
  return { ...scene, caption: "a red ball and a yellow ball", instances };
}

/** A shaded disc on nothing, as a `data:` URL. */
async function ball(colour: Colour): Promise<string> {
  const side = 128;
  const raster = blankRaster(side, side);
  for (let i = 0; i < side * side; i++) {
    const x = (i % side + 0.5) / side * 2 - 1;
    const y = (Math.floor(i / side) + 0.5) / side * 2 - 1;
    if (x * x + y * y > 0.95) continue;
    const light = 1.1 - 0.4 * Math.hypot(x + 0.35, y + 0.35);
    const lit = colour.map((value) => Math.min(255, value * light));
    raster.data.set([...lit.slice(0, 3), 255], i * 4);
  }
  const bytes = await encodeImage(raster, { format: "png" });
  return `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`;
}
