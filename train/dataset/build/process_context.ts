import { LocRefError } from "../../../lib/core/error.ts";
import sharp from "sharp";
import type { PictureOptions } from "../options.ts";
import type { PictureDonors } from "./donors.ts";
import {
  openPictureFiles,
  type PictureFiles,
} from "../sources/picture_files.ts";
import type { SourcePicture } from "../sources/source.ts";

/** Where pictures come from and what they are made into. */
export interface ProcessContext {
  /** Name of the source. */
  readonly dataset: string;
  /** The pictures' files. */
  readonly pictures: PictureFiles;
  /** The masks' files (OpenImages). */
  readonly masks?: PictureFiles;
  /** The data set's folder. */
  readonly folder: string;
  /** Filters, and how samples are drawn. */
  readonly options: PictureOptions;
  /** Side of the captioner's pictures. */
  readonly captionSize?: number;
}

/** First message to a worker. */
export interface WorkerSetup
  extends Omit<ProcessContext, "pictures" | "masks"> {
  /** Folder or archive of the pictures. */
  readonly imagesPath: string;
  /** Folder or archive of the masks. */
  readonly masksPath?: string;
}

/** A picture to make a sample of. */
export interface WorkerTask {
  /** The picture's annotations. */
  readonly picture: SourcePicture;
  /** Lenders of references, where requested. */
  readonly donors?: PictureDonors;
}

/**
 * Opens the files that a thread reads.
 *
 * @throws {LocRefError} `file-missing` if there are none.
 */
export async function openContext(setup: WorkerSetup): Promise<ProcessContext> {
  // one thread a picture: the pool keeps all cores busy with several pictures
  sharp.concurrency(1);
  sharp.cache(false);
  const { imagesPath, masksPath, ...rest } = setup;
  return {
    ...rest,
    pictures: await opened(imagesPath),
    masks: masksPath === undefined ? undefined : await opened(masksPath),
  };
}

async function opened(path: string): ReturnType<typeof openPictureFiles> {
  return await openPictureFiles(path).catch((cause: Error) => {
    throw new LocRefError("file-missing", cause.message, { cause });
  });
}
