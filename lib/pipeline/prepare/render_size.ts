import { quote } from "../../core/quote.ts";
import type { Size } from "../../core/geometry.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import type { LoadedModel } from "../load/loaded_model.ts";

/** Most pixels of a picture, as a multiple of those that the model was trained on. */
const mostArea = 2;

/** A wrong shape counts this much more than a wrong number of pixels, in logarithms. */
const shapeWeight = 2;
/** The same where a photograph or a control's picture would be stretched along. */
const pictureWeight = 8;

/** Most pixels of a requested size. */
const mostPixels = 2 ** 24;

/**
 * Size in pixels at which `model` renders `scene`: `asked`, or the size nearest to the scene's aspect
 * ratio and to the model's number of pixels. The UNet must halve it without a rest, or was trained on it.
 *
 * A scene that is too narrow for the grid is rendered less narrow, with at most twice the pixels. One
 * that begins on a picture or has controls keeps its shape at the cost of pixels. A model that names
 * sizes that it was trained on renders at these alone, unless another is `asked` for.
 *
 * @throws {RangeError} if `asked` is not a multiple of the VAE factor, or has too many pixels.
 */
export function renderSize(
  model:
    & Pick<LoadedModel, "nativeSize" | "latentFactor" | "sizeStep">
    & Partial<Pick<LoadedModel, "trainedSizes">>,
  scene: Pick<SceneData, "size" | "init" | "controls">,
  asked?: Size,
): Size {
  const factor = model.latentFactor;
  if (asked) return checkSize(asked, factor);
  const native = model.nativeSize;
  if (scene.size === undefined) return native;
  const pictures = scene.init !== undefined || scene.controls !== undefined;
  const weight = pictures ? pictureWeight : shapeWeight;
  const trained = trainedSizes(model);
  return nearestSize(scene.size, {
    candidates: trained.length > 0
      ? trained.map((size) => ({ size, growth: 0 }))
      : gridSizes(native, model.sizeStep),
    weight,
  });
}

/** The sizes that a model names as trained, with its own; none where it names none. */
function trainedSizes(
  { nativeSize, trainedSizes = [] }:
    & Pick<LoadedModel, "nativeSize">
    & Partial<Pick<LoadedModel, "trainedSizes">>,
): readonly Size[] {
  if (trainedSizes.length === 0) return [];
  const all = [nativeSize, ...trainedSizes];
  return [...new Map(all.map((size) => [shown(size), size])).values()];
}

/** Height and width of the latents of a picture of `size`. */
export function latentSize(
  model: Pick<LoadedModel, "latentFactor">,
  size: Size,
): Size {
  const { latentFactor: factor } = model;
  return { height: size.height / factor, width: size.width / factor };
}

/** A size with the logarithm of how far its number of pixels is from those of the training. */
interface Candidate {
  readonly size: Size;
  readonly growth: number;
}

/** All sizes of multiples of `grid` that have no more than {@linkcode mostArea} times the pixels. */
function gridSizes(native: Size, grid: number): Candidate[] {
  const area = native.width * native.height;
  const most = mostArea * area;
  const sizes: Candidate[] = [];
  for (let height = grid; height * grid <= most; height += grid) {
    for (let width = grid; width * height <= most; width += grid) {
      const growth = Math.abs(Math.log(width * height / area));
      sizes.push({ size: { width, height }, growth });
    }
  }
  return sizes;
}

/** The size that is nearest in shape and in pixels. */
function nearestSize(
  shape: Size,
  { candidates, weight }: {
    candidates: readonly Candidate[];
    weight: number;
  },
): Size {
  let best = candidates[0]!.size;
  let least = Infinity;
  for (const { size, growth } of candidates) {
    const stretch = Math.abs(Math.log(stretchOf(shape, size)));
    const cost = weight * stretch + growth;
    // equal costs but for rounding go to the first, whatever the machine
    if (cost < least - 1e-9) {
      least = cost;
      best = size;
    }
  }
  return best;
}

/** How many times as wide as meant, by its shape, a size is. */
function stretchOf(shape: Size, size: Size): number {
  return size.width / size.height / (shape.width / shape.height);
}

/** Shapes that differ by less than this look the same. */
const sameShape = 0.001;

/** A model is far from its training with this many times its pixels, or as many times fewer. */
const farArea = 2;

/**
 * Doubts about a size: it stretches the scene, or is far from the sizes that the model was trained
 * on. One sentence each.
 *
 * @param model absent where only the shape matters.
 * @param what the beginning of the sentence about the shape: whose it is.
 */
export function sizeWarnings(
  size: Size,
  scene: Pick<SceneData, "size">,
  model?:
    & Pick<LoadedModel, "name" | "nativeSize">
    & Partial<Pick<LoadedModel, "trainedSizes">>,
  what = "Scene",
): string[] {
  const warnings: string[] = [];
  const stretch = scene.size === undefined
    ? undefined
    : stretchWarning(scene.size, size, {
      ...{ tolerance: sameShape, verb: "rendered" },
      ...{ what, so: "everything" },
    });
  if (stretch !== undefined) warnings.push(stretch);
  if (model === undefined) return warnings;
  const native = model.nativeSize;
  const growth = size.width * size.height / (native.width * native.height);
  const trained = trainedSizes(model);
  if (trained.length > 0 && !trained.some((one) => isSame(one, size))) {
    warnings.push(
      `Model ${quote(model.name)} was trained on ${
        trained.map(shown).join(", ")
      } pixels, and ${shown(size)} is none of these, so objects may fall apart`,
    );
  } else if (growth > farArea || growth < 1 / farArea) {
    const times = Math.round(10 * Math.max(growth, 1 / growth)) / 10;
    warnings.push(
      `Model ${quote(model.name)} was trained on ${shown(native)} pixels, and ${
        shown(size)
      } is ${times} times ${
        growth > 1 ? "as many" : "fewer"
      }, so objects may repeat or fall apart`,
    );
  }
  return warnings;
}

function isSame(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

/** A sentence about a picture that is stretched; `undefined` where its shape is that of `to`. */
export function stretchWarning(
  from: Size,
  to: Size,
  { what, verb, so, tolerance }: {
    /** Its name. */
    what: string;
    /** Its use at the other size. */
    verb: string;
    /** The stretched things. */
    so: string;
    /** Shapes that differ by less count as equal. */
    tolerance: number;
  },
): string | undefined {
  const stretch = stretchOf(from, to);
  if (Math.abs(stretch - 1) <= tolerance) return undefined;
  const [amount, side] = stretch > 1
    ? [stretch, "wider"]
    : [1 / stretch, "higher"];
  const percent = Math.round((amount - 1) * 1000) / 10;
  return `${what} of ${shown(from)} is ${verb} at ${
    shown(to)
  } pixels, whose shape is ${percent} % ${side}, so ${so} is stretched`;
}

function shown({ width, height }: Size): string {
  return `${width} × ${height}`;
}

function checkSize(size: Size, factor: number): Size {
  const { width, height } = size;
  const fits = (side: number) =>
    Number.isInteger(side) && side > 0 && side % factor === 0;
  if (!fits(width) || !fits(height)) {
    throw new RangeError(
      `Size ${
        shown(size)
      } cannot be rendered: both sides must be multiples of ${factor} pixels`,
    );
  }
  if (width * height <= mostPixels) return { width, height };
  throw new RangeError(
    `Size ${shown(size)} cannot be rendered: it has ${
      width * height
    } pixels, at most ${mostPixels} are allowed`,
  );
}
