import { fetchPicture } from "../images/fetch_picture.ts";
import { LocRefError } from "../core/error.ts";
import {
  byteCount,
  completeLimits,
  type ImageLimits,
} from "../images/image_limits.ts";
import { sceneSources } from "../pipeline/options/check_sources.ts";
import { dataUrl } from "../scene_data/reference.ts";
import type { SceneOrigin } from "../pipeline/provenance/scene_origin.ts";
import { mapSources } from "../scene_data/sources.ts";
import type { SceneData } from "../scene_data/scene_data.ts";

/** References whose bytes take time, by the names that stand for them in the scene's data. */
export type Blobs = ReadonlyMap<string, Blob>;

/** A scene whose sources are at hand, and what it may read. */
export interface ResolvedScene {
  readonly data: SceneData;
  readonly origin: SceneOrigin;
}

/**
 * A scene with the bytes of its blobs and of pictures on the web in the place of their names, each
 * read once.
 *
 * @throws {LocRefError} naming the instance whose picture cannot be fetched or is too large.
 */
export async function resolveSources(
  scene: ResolvedScene,
  options: { readonly blobs: Blobs; readonly limits?: ImageLimits },
): Promise<ResolvedScene> {
  const { data, origin } = scene;
  const { blobs, limits } = options;
  const { roots, trusted } = origin.access ?? {};
  const found = new Map<string, string>();
  let size = 0;
  for (const { source, name } of sceneSources(data)) {
    if (found.has(source)) continue;
    const blob = blobs.get(source);
    if (blob !== undefined) {
      size += blob.size;
      checkBlob(blob, size, { name, limits });
      found.set(source, dataUrl(new Uint8Array(await blob.arrayBuffer())));
    } else if (/^https?:/i.test(source)) {
      // a scene from a file is refused by the reader, which says why
      if (roots !== undefined && !trusted?.has(source)) continue;
      const { bytes } = completeLimits(limits);
      const picture = await fetchPicture(source, { name, maxBytes: bytes });
      found.set(source, dataUrl(picture));
    }
  }
  if (found.size === 0) return scene;
  const own = new Set([...trusted ?? [], ...found.values()]);
  return {
    data: mapSources(data, (source) => found.get(source) ?? source),
    origin: roots === undefined
      ? origin
      : { ...origin, access: { roots, trusted: own } },
  };
}

/** Refuses a blob that is too large, alone or with those before it, while its bytes are not read. */
function checkBlob(
  blob: Blob,
  sum: number,
  { name, limits }: { name: string; limits?: ImageLimits },
): void {
  const { bytes, sceneBytes } = completeLimits(limits);
  if (blob.size > bytes) {
    throw new LocRefError(
      "image-invalid",
      `${name}: the ${blob instanceof File ? "File" : "Blob"} has ${
        byteCount(blob.size)
      }, at most ${byteCount(bytes)} are allowed`,
    );
  }
  if (sum <= sceneBytes) return;
  throw new LocRefError(
    "image-invalid",
    `${name}: with it the scene's pictures have ${byteCount(sum)}, at most ${
      byteCount(sceneBytes)
    } are allowed`,
  );
}
