import { quote } from "../../core/quote.ts";
import { sourceName } from "../../images/read_source.ts";
import { opaque } from "../../images/cut_out.ts";
import { decodeImage } from "../../images/decode.ts";
import type { PaintMask } from "../../images/editing/paint_mask.ts";
import type { Raster } from "../../images/raster.ts";
import {
  type ControlPictureOptions,
  readControl,
} from "../../pipeline/controls/read_control.ts";
import type { ReadStart } from "../../pipeline/start/read_start.ts";
import { controlName } from "../../scene_data/control_data.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";

/** A picture on a preview's sheet. */
export interface PreviewPicture {
  /** Its place in the scene, in words. */
  readonly title: string;
  /** Its pixels. */
  readonly raster: Raster;
}

/** The picture that a scene begins on with its painted part marked, and what its controls read. */
export async function editPictures(
  scene: SceneData,
  start: ReadStart | undefined,
  options: ControlPictureOptions,
): Promise<PreviewPicture[]> {
  const pictures: PreviewPicture[] = [];
  if (start !== undefined) {
    const { photo, mask } = start;
    pictures.push({
      title: mask === undefined ? "begins on" : "painted anew (red)",
      raster: mask === undefined ? opaque(photo) : marked(photo, mask),
    });
  }
  for (const [i, control] of (scene.controls ?? []).entries()) {
    const raster = await readControl(control, controlName(control, i), options);
    pictures.push({ title: `control ${i + 1}`, raster });
  }
  const { style } = scene;
  if (style?.image !== undefined) {
    const name = `Style ${quote(sourceName(style.image))}`;
    const { folder, limits, access } = options;
    const read = { folder, limits, access, name };
    const raster = await decodeImage(style.image, read);
    pictures.push({ title: "style", raster: opaque(raster) });
  }
  return pictures;
}

/** The photograph with the painted part in red. */
function marked(photo: Raster, { data: mask }: PaintMask): Raster {
  const data = opaque(photo).data.slice();
  mask.forEach((painted, i) => {
    if (painted === 0) return;
    data[4 * i] = Math.round(data[4 * i]! / 2 + 127);
    data[4 * i + 1] = Math.round(data[4 * i + 1]! / 2);
    data[4 * i + 2] = Math.round(data[4 * i + 2]! / 2);
  });
  return { ...photo, data };
}
