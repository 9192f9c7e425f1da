import type { InstancePictures } from "../../images/instance_pictures.ts";
import { cutOut, maskFromRaster, opaque } from "../../images/cut_out.ts";
import { type DecodedPicture, decodePicture } from "../../images/decode.ts";
import {
  type DecodedMask,
  decodeMask,
} from "../../images/masks/decode_mask.ts";
import type { ImageLimits } from "../../images/image_limits.ts";
import type { Raster } from "../../images/raster.ts";
import type { SourceAccess } from "../../images/read_source.ts";
import { turnUpright } from "../../images/turn.ts";
import { LocRefError } from "../../core/error.ts";
import type { Size } from "../../core/geometry.ts";
import type { InstanceData, SceneData } from "../../scene_data/scene_data.ts";
import { otherName } from "../../scene_data/several_pictures.ts";
import { isMaskPath } from "../../scene_data/sources.ts";
import { checkSources, sourceWords } from "../options/check_sources.ts";
import { instanceName } from "../../scene_data/instance_name.ts";
import {
  classWarning,
  cutWarning,
  fitMask,
  pagesWarning,
  regionWarnings,
  transparencyWarning,
} from "./mask_warnings.ts";

/** Options of {@linkcode readInstances}. */
export interface ReadInstancesOptions {
  /** Instance segmentation (IS): whether references are cut out. @default {true} */
  is?: boolean;
  /** Folder that relative paths start from. @default {the current folder} */
  folder?: string;
  /** Path or hub id of the matting model for `cutout: "model"`. */
  matting?: string;
  /** How large files and pictures may be. */
  limits?: ImageLimits;
  /** The files and URLs that may be read. @default {all} */
  access?: SourceAccess;
  /** Size of the canvas that regions are for, where the scene does not say. */
  canvas?: Size;
}

/** More pixels than this are decoded one instance after the other. */
const togetherBelow = 64e6;

/**
 * Reads every picture of a scene.
 *
 * All are checked against the limits before the first is decoded; very large ones are made smaller
 * as they are decoded.
 *
 * @throws {LocRefError} naming the instance whose picture is missing or cannot be decoded.
 */
export async function readInstances(
  scene: SceneData,
  options: ReadInstancesOptions = {},
): Promise<InstancePictures[]> {
  scene.instances.forEach((instance, i) => checkMatting(instance, i, options));
  const pixels = await checkSources(scene, options);
  const canvas = scene.size ?? options.canvas;
  const read = (instance: InstanceData, i: number) =>
    readInstance(instance, i, { ...options, canvas });
  if (pixels <= togetherBelow) {
    return await Promise.all(scene.instances.map(read));
  }
  const pictures: InstancePictures[] = [];
  for (const [i, instance] of scene.instances.entries()) {
    pictures.push(await read(instance, i));
  }
  return pictures;
}

function checkMatting(
  instance: InstanceData,
  index: number,
  { matting }: ReadInstancesOptions,
): void {
  if (instance.cutout !== "model" || matting !== undefined) return;
  throw new LocRefError(
    "scene-invalid",
    `${
      instanceName(instance, index)
    }: cutout "model" needs a matting model: give { matting } with the path or hub id of an ONNX file`,
  );
}

async function readInstance(
  instance: InstanceData,
  index: number,
  options: ReadInstancesOptions,
): Promise<InstancePictures> {
  const name = instanceName(instance, index);
  const reading = (what: string) => ({ ...options, name: `${name}: ${what}` });
  const { negative, region } = instance;
  const shrunk = (what: string) => ({ ...reading(what), shrink: true });
  const maskOf = (kind: "cutout" | "region", mask: string) =>
    decodeMask(mask, reading(sourceWords(kind, mask)));
  const picture = await decodePicture(
    instance.reference,
    shrunk("reference"),
  );
  const cutout = options.is !== false && isMaskPath(instance.cutout)
    ? await maskOf("cutout", instance.cutout)
    : undefined;
  const cut = await cutReference(picture, instance, { ...options, cutout });
  const others = await readOthers(instance, name, options);
  const area = region === undefined ? region : await maskOf("region", region);
  const regionMask = area && maskFromRaster(area.raster);
  const found = [
    pagesWarning("reference", picture.pages),
    pagesWarning("cutout", cutout?.pages),
    ...others.map(({ pages }) => pages),
    pagesWarning("region", area?.pages),
    ...cut.warnings,
    ...others.flatMap(namedWarnings),
    area && classWarning("region", area),
    ...(regionMask ? regionWarnings(regionMask, options.canvas) : []),
  ];
  const contrast = negative === undefined
    ? undefined
    : await decodePicture(negative, shrunk(sourceWords("negative", negative)));
  const more = others.map(({ reference }) => reference);
  return {
    reference: cut.reference,
    ...(more.length > 0 && { others: more }),
    negative: contrast?.raster,
    region: regionMask,
    warnings: found.flatMap((what) => what ? [`${name}: ${what}`] : []),
  };
}

interface CutReference {
  readonly reference: Raster;
  readonly warnings: readonly (string | undefined)[];
}

/** A further picture of an instance. */
interface OtherPicture extends CutReference {
  /** Its name in messages. */
  readonly what: string;
  /** The warning about its pages. */
  readonly pages: string | undefined;
}

/** Reads the further pictures of an instance, one after the other. */
async function readOthers(
  instance: InstanceData,
  name: string,
  options: ReadInstancesOptions,
): Promise<OtherPicture[]> {
  const others: OtherPicture[] = [];
  for (const [i, other] of (instance.others ?? []).entries()) {
    const what = otherName(other, i);
    const decoded = await decodePicture(other, {
      ...{ ...options, name: `${name}: ${what}`, shrink: true },
    });
    const own = await cutReference(decoded, instance, options);
    others.push({ ...own, what, pages: pagesWarning(what, decoded.pages) });
  }
  return others;
}

function namedWarnings({ what, warnings }: OtherPicture) {
  return warnings.map((warning) => warning && `${what}: ${warning}`);
}

async function cutReference(
  picture: DecodedPicture,
  { cutout }: InstanceData,
  options: ReadInstancesOptions & { cutout?: DecodedMask },
): Promise<CutReference> {
  const { raster } = picture;
  if (options.is === false || cutout === "none") {
    return { reference: opaque(raster), warnings: [] };
  }
  const doubt = transparencyWarning(raster);
  if (cutout === "alpha") return { reference: raster, warnings: [doubt] };
  if (cutout === "model") {
    const { matte } = await import("../../images/masks/matting.ts");
    const { resolveOnnxFile } = await import("../../weights/resolve_model.ts");
    const model = await resolveOnnxFile(options.matting!);
    const reference = await cutOut(raster, await matte(raster, { model }));
    return { reference, warnings: [doubt ?? cutWarning(raster, reference)] };
  }
  const mask = options.cutout!;
  const fit = fitMask(picture, mask);
  const reference = await cutOut(
    raster,
    await turnUpright(mask.raster, fit.turn),
  );
  return {
    reference,
    warnings: [
      doubt ?? cutWarning(raster, reference),
      classWarning("cutout", mask),
      fit.warning,
    ],
  };
}
