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
// one picture after the other, so that a worker is one busy core and no more
let last: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  if ("imagesPath" in data) {
    context = openContext(data);
    context.then(
      () => scope.postMessage({ ready: true }),
      (error) => scope.postMessage({ failed: String(error.message) }),
    );
    return;
  }
  last = last.then(() => process(data));
};

async function process({ number, picture, donors }: WorkerTask): Promise<void> {
  const result = await processPicture(picture, await context, donors);
  scope.postMessage({ number, result });
}

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
