import { drawCells, maskPicture } from "../../images/drawing/mask_picture.ts";
import { drawSheet, type Panel } from "../../images/drawing/sheet.ts";
import { boxCoverage, regionCoverage } from "../../masks/coverage.ts";
import type { Size } from "../../core/geometry.ts";
import type { InstancePictures } from "../../images/instance_pictures.ts";
import { type MediaBundle, sheetMedia } from "../../images/media.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";

/** The instances' masks at one attention resolution. */
export class MaskLevel {
  /** In cells. */
  readonly size: Size;
  /** Mᵢ of Eq. (1), one `[height · width]` an instance, values 0 to 1. */
  readonly masks: readonly Float32Array[];

  /** @ignore */
  constructor(size: Size, masks: readonly Float32Array[]) {
    this.size = size;
    this.masks = masks;
  }

  /** Shows the masks in a Jupyter notebook. */
  async [Symbol.for("Jupyter.display")](): Promise<MediaBundle> {
    return await sheetMedia(await drawSheet([[maskPanel(this)]]));
  }
}

export function maskLevel(
  scene: SceneData,
  pictures: readonly InstancePictures[],
  size: Size,
): MaskLevel {
  const masks = scene.instances.map(({ box }, i) => {
    const { region } = pictures[i]!;
    return region ? regionCoverage(region, size) : boxCoverage(box, size);
  });
  return new MaskLevel(size, masks);
}

/** A panel with the masks of all instances at one resolution, in their colours. */
export function maskPanel({ size, masks }: MaskLevel): Panel {
  return {
    title: `masks at ${size.height} × ${size.width}`,
    raster: maskPicture(masks, size),
    pixelated: true,
    overlay: (shown) => drawCells(size, shown),
  };
}
