import { pixelBox } from "../images/composite.ts";
import { opaque } from "../images/cut_out.ts";
import type { ImageLimits } from "../images/image_limits.ts";
import type { SourceAccess } from "../images/read_source.ts";
import type { Raster } from "../images/raster.ts";
import { cropRaster } from "../images/resize.ts";
import { readInstances } from "../pipeline/prepare/read_instances.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { FractionBox } from "../core/geometry.ts";
import { boxIou } from "./detectors/nms.ts";
import type {
  Detection,
  InstanceScore,
  PictureScores,
  Rulers,
} from "../pipeline/options/rulers.ts";
import { cosine } from "./encoders/unit.ts";

/** Detections with lower scores do not count as found where IoU and success are measured. */
export const leastScore = 0.25;

/** Options of {@linkcode sceneScorer}. */
export interface SceneScorerOptions {
  /** Folder that relative paths of the scene start from. @default {the current folder} */
  folder?: string;
  /** Path or hub id of the matting model for instances with `cutout: "model"`. */
  matting?: string;
  /** How large files and pictures of the scene may be. */
  limits?: ImageLimits;
  /** The files and URLs that may be read. @default {all} */
  access?: SourceAccess;
  /** Class of each instance among the detector's, where known: other classes are then no hits. */
  categories?: readonly (number | undefined)[];
  /** Detections with lower scores do not count as found. @default {0.25} */
  leastScore?: number;
}

/** A picture with its scores. */
export interface ScoredPicture {
  /** The picture. */
  readonly picture: Raster;
  /** Its scores. */
  readonly scores: PictureScores;
}

/**
 * Scores pictures of one scene. An instance whose box holds the same pixels as in `before` keeps its
 * score from there: a detector sees the whole picture, and would judge it by what changed elsewhere.
 */
export type SceneScorer = (
  picture: Raster,
  before?: ScoredPicture,
) => Promise<PictureScores>;

/**
 * Prepares to score pictures of `scene`; references are embedded once.
 *
 * @throws {LocRefError} naming the instance whose reference cannot be read.
 */
export async function sceneScorer(
  scene: SceneData,
  { detector, encoder }: Rulers,
  options: SceneScorerOptions = {},
): Promise<SceneScorer> {
  const least = options.leastScore ?? leastScore;
  const sure = (found: readonly Detection[]) =>
    found.filter(({ score }) => score >= least);
  const given = encoder
    ? await encoder.embed(await references(scene, options, false))
    : undefined;
  const cut = encoder
    ? await encoder.embed(await references(scene, options, true))
    : undefined;
  const words = await encoder?.embedText?.([scene.caption]);
  return async (picture, before) => {
    const [found] = await detector?.detect([picture]) ?? [undefined];
    const crops = scene.instances.map(({ box }) =>
      cropRaster(picture, pixelBox(box, picture))
    );
    const [whole, ...boxes] = await encoder?.embed([picture, ...crops]) ?? [];
    const instances = scene.instances.map(({ box }, i): InstanceScore =>
      keptScore(before, crops[i]!, { box, index: i }) ?? ({
        ...(found && placeScore(box, sure(found), options.categories?.[i])),
        ...(encoder && likeness(i, boxes, { given: given!, cut: cut! })),
      })
    );
    const clipT = words && whole ? cosine(whole, words[0]!) : undefined;
    return { instances, ...(clipT !== undefined && { clipT }) };
  };
}

/** The score of an instance whose pixels did not change. */
function keptScore(
  before: ScoredPicture | undefined,
  now: Raster,
  { box, index }: { box: FractionBox; index: number },
): InstanceScore | undefined {
  if (before === undefined) return undefined;
  const { picture, scores } = before;
  const old = cropRaster(picture, pixelBox(box, picture));
  const same = old.data.length === now.data.length &&
    old.data.every((value, i) => value === now.data[i]);
  return same ? scores.instances[index] : undefined;
}

async function references(
  scene: SceneData,
  options: SceneScorerOptions,
  is: boolean,
): Promise<Raster[]> {
  const pictures = await readInstances(scene, { ...options, is });
  return pictures.map(({ reference }) => is ? reference : opaque(reference));
}

/** How well the best detection fits the requested box; success is MIGC's (Zhou et al. 2024), IoU 0.5. */
function placeScore(
  { x0, y0, x1, y1 }: FractionBox,
  found: readonly Detection[],
  category: number | undefined,
): InstanceScore {
  const fits = found
    .filter((one) => category === undefined || one.category === category)
    .map((one) => boxIou(one.box, [x0, y0, x1, y1]));
  const iou = Math.max(0, ...fits);
  return { iou, success: iou >= 0.5 };
}

interface References {
  readonly given: readonly Float32Array[];
  readonly cut: readonly Float32Array[];
}

/** CLIP-I of the paper (IV-B), and how much the box looks like the other references. */
function likeness(
  index: number,
  boxes: readonly Float32Array[],
  { given, cut }: References,
): InstanceScore {
  const own = boxes[index]!;
  const others = cut.filter((_, i) => i !== index);
  return {
    clipI: cosine(own, given[index]!),
    clipICutOut: cosine(own, cut[index]!),
    ...(others.length > 0 && {
      leakage: Math.max(...others.map((other) => cosine(own, other))),
    }),
  };
}
