/** A worker thread that makes samples; the first message says from what. */

import sharp from "sharp";
import { openPictureFiles } from "./picture_files.ts";
import { type ProcessContext, processPicture } from "./process_picture.ts";
import type { WorkerSetup, WorkerTask } from "./worker_pool.ts";

// one thread a picture: the pool keeps all cores busy with several pictures
sharp.concurrency(1);
sharp.cache(false);

const scope = self as unknown as {
  onmessage: (event: MessageEvent<WorkerSetup | WorkerTask>) => void;
  postMessage: (message: unknown, transfer?: ArrayBuffer[]) => void;
};

let context: Promise<ProcessContext>;

scope.onmessage = async ({ data }) => {
  if ("imagesPath" in data) {
    context = openContext(data);
    context.then(
      () => scope.postMessage({ ready: true }),
      (error) => scope.postMessage({ failed: String(error.message) }),
    );
    return;
  }
  const { picture, donors } = data;
  const result = await processPicture(picture, await context, donors);
  scope.postMessage({ number: data.number, result });
};

async function openContext(setup: WorkerSetup): Promise<ProcessContext> {
  const { imagesPath, masksPath, ...rest } = setup;
  return {
    ...rest,
    pictures: await openPictureFiles(imagesPath),
    masks: masksPath === undefined
      ? undefined
      : await openPictureFiles(masksPath),
  };
}
