import { decodeImage } from "../../images/decode.ts";
import { sourceName } from "../../images/read_source.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import type { AgainRun, PaintedOn } from "../again.ts";
import type { PictureOptions } from "../options/picture_options.ts";
import type { Provenance } from "./provenance.ts";
import type { ReplayedImage } from "./replay_scene.ts";
import { type SceneOrigin, trusting } from "./scene_origin.ts";

/** A saved picture, and how it was made. */
export interface SavedPicture {
  /** Its path, or the file's bytes. */
  readonly png: string | Uint8Array;
  readonly replayed: ReplayedImage;
}

/** A scene that paints on a saved picture, with the options of its run. */
export interface FilePainting {
  readonly scene: SceneData;
  readonly settings: PictureOptions & { readonly seed: number };
  readonly origin: SceneOrigin;
}

/**
 * The run that paints on a saved picture as `picture.again` paints on one just made: on the file's own
 * pixels. An enlarged file has others than the run made, so that picture is made again first.
 *
 * @param paint Returns the run on a picture.
 * @throws {LocRefError} if the file cannot be read, or what `paint` throws.
 */
export async function paintOnFile(
  { png, replayed }: SavedPicture,
  paint: (picture: PaintedOn) => AgainRun | Promise<AgainRun>,
): Promise<FilePainting> {
  const { scene, settings, origin, made } = replayed;
  const name = typeof png === "string"
    ? `Picture "${sourceName(png)}"`
    : `Picture of ${png.byteLength} bytes`;
  const raster = await decodeImage(png, { name });
  const provenance = located(made, replayed);
  const run = await paint({ ...raster, provenance });
  const { enlarged } = made;
  const times = enlarged?.scale ?? 1;
  const same = settings.size?.width === raster.width / times &&
    settings.size.height === raster.height / times;
  return {
    scene: run.scene,
    settings: {
      ...settings,
      seed: run.seed,
      size: same ? settings.size : undefined,
    },
    origin: {
      ...trusting(origin, given(run, scene)),
      painted: {
        ...run.painted,
        ...(enlarged && { again: { scene, settings, origin } }),
      },
      ...(enlarged && {
        notes: [
          ...origin.notes ?? [],
          `${name} was enlarged when it was saved: the picture of ${
            raster.width / times
          } × ${raster.height / times} pixels is made again and painted on`,
        ],
      }),
    },
  };
}

/** Sources that the program gave: those of the file stay within its folders. */
function given(
  { sources, scene }: AgainRun,
  { instances }: SceneData,
): (string | undefined)[] {
  const ofFile = new Set(instances.map(({ reference }) => reference));
  return [
    ...sources.filter((one) => !ofFile.has(one)),
    ...scene.instances.map(({ reference }) => reference)
      .filter((one) => !ofFile.has(one)),
  ];
}

/** How a picture was made, with its files where they lie now. */
function located(
  { enlarged: _, ...made }: Provenance,
  { scene, origin: { painted } }: Pick<ReplayedImage, "scene" | "origin">,
): Provenance {
  const below = painted?.again;
  return {
    ...made,
    scene,
    ...(made.painted && below && { painted: located(made.painted, below) }),
  };
}
