import { sizeWarnings } from "../../pipeline/prepare/render_size.ts";
import {
  type SceneGrid,
  sceneWarnings,
} from "../../pipeline/prepare/scene_warnings.ts";
import {
  originWarnings,
  type SceneOrigin,
} from "../../pipeline/provenance/scene_origin.ts";
import {
  contactPicture,
  drawTiles,
} from "../../images/drawing/contact_picture.ts";
import { encodeImage } from "../../images/encode.ts";
import {
  drawBoxes,
  instanceColour,
  type LabelledBox,
} from "../../images/drawing/overlay.ts";
import { blankRaster, type Raster } from "../../images/raster.ts";
import { drawSheet, type Panel } from "../../images/drawing/sheet.ts";
import type { EditOptions } from "../../scene_data/edit_options.ts";
import { quote } from "../../core/quote.ts";
import { checkArguments } from "../../core/check_arguments.ts";
import type { Size } from "../../core/geometry.ts";
import { sceneComposite } from "../../adapters/locref/scene_composite.ts";
import { readInstances } from "../../pipeline/prepare/read_instances.ts";
import type { InstancePictures } from "../../images/instance_pictures.ts";
import { type MediaBundle, sheetMedia } from "../../images/media.ts";
import { saveSheet } from "../../images/drawing/save_sheet.ts";
import {
  editPictures,
  networkWarnings,
  type PreviewPicture,
} from "./edit_pictures.ts";
import { attentionGrid, type EditGrid } from "./attention_grid.ts";
import { cutPart, seenScene } from "../../pipeline/start/edited_part.ts";
import { paintedPart } from "../../pipeline/start/painted_part.ts";
import { type ReadStart, readStart } from "../../pipeline/start/read_start.ts";
import { maskWarnings } from "../../pipeline/start/start_warnings.ts";
import type { PreviewOptions } from "./preview_options.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { type MaskLevel, maskLevel, maskPanel } from "./mask_level.ts";

export type { PreviewOptions };

/** Longer side of the composite image in a preview, in pixels. */
const compositeSide = 512;

/** A scene as a model will read it: the result of {@linkcode Scene.preview}. */
export class Preview {
  /** The composite image (CI): references in their boxes on black, RGBA. */
  readonly composite: Raster;
  /** Masks at every resolution at which the model attends to references, finest first. */
  readonly masks: readonly MaskLevel[];
  /** The references, cut out as their instances set; the first of several pictures. */
  readonly references: readonly Raster[];
  /** All pictures of each instance, its reference first. */
  readonly pictures: readonly (readonly Raster[])[];
  /** The picture that the scene begins on, what of it is painted marked, and control pictures. */
  readonly edits: readonly PreviewPicture[];
  /** Warnings about parts that will probably fail, one sentence each. */
  readonly warnings: readonly string[];
  readonly #scene: SceneData;

  /** @ignore */
  constructor(
    scene: SceneData,
    parts: Pick<
      Preview,
      "composite" | "masks" | "references" | "pictures" | "edits" | "warnings"
    >,
  ) {
    this.#scene = scene;
    this.composite = parts.composite;
    this.masks = parts.masks;
    this.references = parts.references;
    this.pictures = parts.pictures;
    this.edits = parts.edits;
    this.warnings = parts.warnings;
  }

  /** Boxes, composite image, masks and warnings on one sheet. */
  async sheet(): Promise<Raster> {
    const { width, height } = this.composite;
    const boxes = labelledBoxes(this.#scene);
    const rows: Panel[][] = [[
      ...await referencesPanel(this.pictures),
      {
        title: "boxes",
        raster: blankRaster(width, height, [38, 42, 48, 255]),
        overlay: (size) => drawBoxes(boxes, size),
      },
      {
        title: "composite image",
        raster: this.composite,
        overlay: (size) => drawBoxes(boxes.map(unlabelled), size),
      },
    ], this.masks.map(maskPanel)];
    if (this.edits.length > 0) rows.push([...this.edits]);
    return await drawSheet(rows, {
      heading: this.#scene.caption === "" ? undefined : this.#scene.caption,
      notes: [...styleNotes(this.#scene), ...this.warnings],
    });
  }

  /** The sheet as a PNG file's bytes. */
  async encode(): Promise<Uint8Array> {
    checkArguments(arguments, "encode()", 0);
    return await encodeImage(await this.sheet());
  }

  /** Writes the sheet to `path` (.png, .webp, .jpg), whole or not at all. */
  async save(path: string): Promise<void> {
    checkArguments(arguments, "save(path)", 1);
    await saveSheet(path, () => this.sheet());
  }

  /** Shows the sheet in a Jupyter notebook. */
  async [Symbol.for("Jupyter.display")](): Promise<MediaBundle> {
    return await sheetMedia(await this.sheet());
  }
}

/**
 * Draws a scene without any model.
 *
 * @throws {LocRefError} naming the instance whose picture is missing or cannot be decoded.
 */
export async function previewScene(
  scene: SceneData,
  options: Omit<PreviewOptions, keyof EditOptions> = {},
  origin: SceneOrigin = {},
): Promise<Preview> {
  const { model, folder, matting, is, limits } = options;
  const reading = { folder, limits, access: origin.access };
  const start = await readStart(scene, reading);
  const grid = await attentionGrid(scene, { model, start });
  const { picture: size, shape, edit } = grid;
  const read = { ...reading, matting, is, canvas: size };
  const all = await readInstances(scene, read);
  const inside = seenScene(scene, all, { begun: start, edit });
  const { seen, pictures } = inside;
  const shown = {
    ...reading,
    size,
    shape,
    part: start && cutPart(start, edit),
  };
  const edits = await editPictures(inside, start, shown);
  return new Preview(seen, {
    composite: await shownComposite(seen, pictures, { grid, start }),
    masks: grid.cells.map((size) => maskLevel(seen, pictures, size)),
    references: pictures.map(({ reference }) => reference),
    pictures: pictures.map(({ reference, others = [] }) => [
      reference,
      ...others,
    ]),
    edits: edits.pictures,
    warnings: [
      ...new Set([
        ...originWarnings(origin, scene),
        ...sizeWarnings(size, { size: shape }, undefined, edit?.named(scene)),
        ...edits.warnings,
        ...inside.warnings,
        ...networkWarnings(inside, origin.access),
        ...start ? maskWarnings(start) : [],
        ...sceneWarnings(seen, pictures, grid, { is, matting }),
      ]),
    ],
  });
}

/** The composite image; in a photograph where the scene places its references in one. */
async function shownComposite(
  scene: SceneData,
  pictures: readonly InstancePictures[],
  { grid, start }: { grid: EditGrid; start?: ReadStart },
): Promise<Raster> {
  const size = shownSize(grid);
  const { edit } = grid;
  if (start === undefined || edit === undefined || !start.init.instances) {
    return await sceneComposite(scene, pictures, size);
  }
  const { picture } = await paintedPart(start, edit.area, size);
  return await sceneComposite(scene, pictures, size, picture);
}

/** The boxes of a scene in their colours, labelled with what they hold. */
export function labelledBoxes(scene: SceneData): LabelledBox[] {
  return scene.instances.map(({ box, caption }, i) => ({
    box,
    label: caption === undefined ? String(i + 1) : `${i + 1} ${caption}`,
    colour: instanceColour(i),
  }));
}

/** A style in one line below the pictures. */
function styleNotes({ style }: SceneData): string[] {
  if (style === undefined) return [];
  const { caption, image, seed = 0 } = style;
  const made = image === undefined ? `, made with seed ${seed}` : "";
  return [`Style: ${quote(caption)}${made}`];
}

/** A panel with all references, framed in their instances' colours; none where there are none. */
export async function referencesPanel(
  pictures: readonly (readonly Raster[])[],
): Promise<Panel[]> {
  const all = pictures.flat();
  if (all.length === 0) return [];
  const owners = pictures.flatMap((own, i) => own.map(() => i));
  return [{
    title: all.length === 1 ? "reference" : "references",
    raster: await contactPicture(all, 256),
    overlay: ({ width }) => drawTiles(owners, width),
  }];
}

function unlabelled(one: LabelledBox): LabelledBox {
  return { ...one, label: "" };
}

function shownSize({ picture }: SceneGrid): Size {
  const scale = compositeSide / Math.max(picture.width, picture.height);
  return {
    width: Math.round(picture.width * scale),
    height: Math.round(picture.height * scale),
  };
}
