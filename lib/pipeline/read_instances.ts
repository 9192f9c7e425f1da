import { cutOut, maskFromRaster, opaque } from "../images/cut_out.ts";
import { decodeImage } from "../images/decode.ts";
import type { Raster } from "../images/raster.ts";
import { LocRefError } from "../error.ts";
import type { SoftMask } from "../masks/coverage.ts";
import type { InstanceData, SceneData } from "../scene/types.ts";
import { instanceName } from "./instance_name.ts";

/** The pictures of one instance, decoded. */
export interface InstancePictures {
  /** The reference, cut out as the instance asks. */
  readonly reference: Raster;
  /** A picture that the instance shall not look like. */
  readonly negative?: Raster;
  /** A soft mask in place of the box. */
  readonly region?: SoftMask;
}

/** Options of {@linkcode readInstances}. */
export interface ReadInstancesOptions {
  /** Instance segmentation (IS): whether references are cut out. @default {true} */
  is?: boolean;
  /** Folder that relative paths start from. @default {the current folder} */
  folder?: string;
  /** Path or hub id of the matting model for `cutout: "model"`. */
  matting?: string;
}

/**
 * Reads every picture of a scene.
 *
 * @throws {LocRefError} naming the instance whose picture is missing or cannot be decoded.
 */
export async function readInstances(
  scene: SceneData,
  options: ReadInstancesOptions = {},
): Promise<InstancePictures[]> {
  return await Promise.all(
    scene.instances.map((instance, i) => readInstance(instance, i, options)),
  );
}

async function readInstance(
  instance: InstanceData,
  index: number,
  options: ReadInstancesOptions,
): Promise<InstancePictures> {
  const name = instanceName(instance, index);
  const { folder } = options;
  if (instance.cutout === "model" && options.matting === undefined) {
    throw new LocRefError(
      "scene-invalid",
      `${name}: cutout "model" needs a matting model: give { matting } with the path or hub id of an ONNX file`,
    );
  }
  const read = (source: string, what: string) =>
    decodeImage(source, { name: `${name}: ${what}`, folder });
  const { negative, region } = instance;
  const reference = await read(instance.reference, "reference");
  return {
    reference: await cutReference(reference, instance, { ...options, read }),
    negative: negative === undefined
      ? undefined
      : await read(negative, "negative reference"),
    region: region === undefined
      ? undefined
      : maskFromRaster(await read(region, "region")),
  };
}

async function cutReference(
  reference: Raster,
  { cutout }: InstanceData,
  options: ReadInstancesOptions & {
    read: (source: string, what: string) => Promise<Raster>;
  },
): Promise<Raster> {
  if (options.is === false || cutout === "none") return opaque(reference);
  if (cutout === "alpha") return reference;
  if (cutout === "model") {
    const { matte } = await import("../images/matting.ts");
    const { resolveOnnxFile } = await import("../weights/resolve_model.ts");
    const model = await resolveOnnxFile(options.matting!);
    return await cutOut(reference, await matte(reference, { model }));
  }
  return await cutOut(reference, await options.read(cutout, "cutout"));
}
