import { quote } from "../../core/quote.ts";
import { type SourceAccess, sourceName } from "../../images/read_source.ts";
import { opaque } from "../../images/cut_out.ts";
import { decodeImage } from "../../images/decode.ts";
import type { PaintMask } from "../../images/editing/paint_mask.ts";
import type { Raster } from "../../images/raster.ts";
import {
  type ControlPictureOptions,
  readControl,
} from "../../pipeline/controls/read_control.ts";
import { LocRefError } from "../../core/error.ts";
import { checkControlPlace } from "../../pipeline/controls/locate_control.ts";
import { checkControlData } from "../../pipeline/controls/check_control_data.ts";
import type { SeenScene } from "../../pipeline/start/edited_part.ts";
import type { ReadStart } from "../../pipeline/start/read_start.ts";
import { controlName } from "../../scene_data/control_data.ts";

/** A picture on a preview's sheet. */
export interface PreviewPicture {
  /** Its place in the scene, in words. */
  readonly title: string;
  /** Its pixels. */
  readonly raster: Raster;
}

/** The picture that a scene begins on with its painted part marked, and what its controls read. */
export async function editPictures(
  { seen: scene, controls }: Pick<SeenScene, "seen" | "controls">,
  start: ReadStart | undefined,
  options: ControlPictureOptions,
): Promise<{ pictures: PreviewPicture[]; warnings: string[] }> {
  const pictures: PreviewPicture[] = [];
  const doubts: string[] = [];
  if (start !== undefined) {
    const { photo, mask } = start;
    pictures.push({
      title: mask === undefined ? "begins on" : "painted anew (red)",
      raster: mask === undefined ? opaque(photo) : marked(photo, mask),
    });
  }
  for (const [i, control] of (scene.controls ?? []).entries()) {
    const name = controlName(control, controls[i]!);
    checkControlData(control, name, {
      ...{ scene, masked: start?.mask !== undefined },
    });
    const { raster, warnings } = await readControl(control, name, options);
    doubts.push(...warnings);
    pictures.push({ title: `control ${controls[i]! + 1}`, raster });
  }
  const { style } = scene;
  if (style?.image !== undefined) {
    const name = `Style ${quote(sourceName(style.image))}`;
    const { folder, limits, access } = options;
    const read = { folder, limits, access, name };
    const raster = await decodeImage(style.image, read);
    pictures.push({ title: "style", raster: opaque(raster) });
  }
  return { pictures, warnings: doubts };
}

/** Doubts about networks of controls, which a preview does not open. */
export function networkWarnings(
  { seen, controls }: Pick<SeenScene, "seen" | "controls">,
  access: SourceAccess | undefined,
): string[] {
  return (seen.controls ?? []).flatMap((control, i) => {
    const name = controlName(control, controls[i]!);
    try {
      checkControlPlace(control.model, { name, access });
      return [];
    } catch (error) {
      if (error instanceof LocRefError) return [error.message];
      throw error;
    }
  });
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
