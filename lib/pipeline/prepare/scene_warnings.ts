import { quote } from "../../core/quote.ts";
import { hasTransparency } from "../../images/cut_out.ts";
import { instanceName } from "../../scene_data/instance_name.ts";
import type { InstancePictures } from "../../images/instance_pictures.ts";
import type { InstanceData, SceneData } from "../../scene_data/scene_data.ts";
import type { FractionBox, Size } from "../../core/geometry.ts";

/** Where a model looks at a scene. */
export interface SceneGrid {
  /** Size of the picture that the model makes, in pixels. */
  readonly picture: Size;
  /** Sizes at which it attends to references, finest first, in cells. */
  readonly cells: readonly Size[];
}

/** Options of the run that decide what can go wrong. */
export interface SceneWarningOptions {
  /** Whether references are cut out. @default {true} */
  readonly is?: boolean;
  /** The matting model that was given. */
  readonly matting?: string;
}

/** A box this much thinner or wider than its reference makes it look squeezed. */
const squeezed = 2;
/** This much of a box behind others is as good as hidden. */
const hidden = 0.8;

/**
 * Warnings about parts of a scene that will probably fail, one sentence each: boxes below half a
 * cell of an attention resolution, squeezed references, hidden instances, missing words.
 */
export function sceneWarnings(
  scene: SceneData,
  pictures: readonly InstancePictures[],
  grid: SceneGrid,
  { is = true, matting }: SceneWarningOptions = {},
): string[] {
  const warnings = scene.caption.trim() === ""
    ? [
      "The scene has no caption, so the model is free to choose everything outside the boxes",
    ]
    : [];
  scene.instances.forEach((instance, index) => {
    const found = [
      thinBox(instance, grid),
      squeezedReference(instance, pictures[index]!, grid),
      is ? uncutReference(instance, pictures[index]!) : undefined,
      hiddenBox(scene.instances, index),
    ];
    for (const what of found) {
      if (what === undefined) continue;
      warnings.push(`${instanceName(instance, index)}: ${what}`);
    }
    warnings.push(...pictures[index]!.warnings);
  });
  const matted = scene.instances.some(({ cutout }) => cutout === "model");
  if (matting !== undefined && !(is && matted)) {
    warnings.push(
      `Matting model ${
        quote(matting)
      } is not used: no reference is cut out by { cutout: "model" }`,
    );
  }
  return warnings;
}

function thinBox(
  { box, region }: InstanceData,
  grid: SceneGrid,
): string | undefined {
  if (region !== undefined) return undefined;
  const thin = grid.cells.map((cells) => ({
    cells,
    width: (box.x1 - box.x0) * cells.width,
    height: (box.y1 - box.y0) * cells.height,
  })).filter(({ width, height }) => Math.min(width, height) < 0.5);
  if (thin.length === 0) return undefined;
  const { cells, width, height } = thin[0]!;
  const side = width < height ? "wide" : "high";
  return `box is only ${
    Math.min(width, height).toFixed(2)
  } of a cell ${side} at ${cells.height} × ${cells.width} cells, so it will hardly be seen there`;
}

function squeezedReference(
  { box, fit = "stretch" }: InstanceData,
  { reference }: InstancePictures,
  grid: SceneGrid,
): string | undefined {
  if (fit !== "stretch") return undefined;
  const { width, height } = grid.picture;
  const boxShape = (box.x1 - box.x0) * width / ((box.y1 - box.y0) * height);
  const ratio = boxShape / (reference.width / reference.height);
  if (ratio <= squeezed && ratio >= 1 / squeezed) return undefined;
  const amount = (ratio > 1 ? ratio : 1 / ratio).toFixed(1);
  const direction = ratio > 1 ? "wide" : "high";
  return `box is ${amount} times as ${direction} as its reference's shape, so the composite image shows it stretched: { fit: "contain" } keeps its shape`;
}

function uncutReference(
  { cutout }: InstanceData,
  { reference }: InstancePictures,
): string | undefined {
  if (cutout !== "alpha" || hasTransparency(reference)) return undefined;
  return 'reference has no transparency, so its background comes along: give a cutout, or cutout: "none" if that is meant';
}

function hiddenBox(
  instances: readonly InstanceData[],
  index: number,
): string | undefined {
  const { box, z } = instances[index]!;
  const area = (box.x1 - box.x0) * (box.y1 - box.y0);
  const over = instances.findIndex((other, i) =>
    (other.z > z || (other.z === z && i > index)) &&
    sharedArea(box, other.box) > hidden * area
  );
  if (over < 0) return undefined;
  const percent = Math.round(
    100 * sharedArea(box, instances[over]!.box) / area,
  );
  return `${percent} % of its box lie behind instance ${over + 1}`;
}

function sharedArea(a: FractionBox, b: FractionBox): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  return Math.max(0, width) * Math.max(0, height);
}
