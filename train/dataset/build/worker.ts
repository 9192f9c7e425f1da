/** A worker thread that makes samples; the first message says from what. */

import {
  openContext,
  type ProcessContext,
  type WorkerSetup,
  type WorkerTask,
} from "./process_context.ts";
import { processPicture } from "./process_picture.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<WorkerSetup | WorkerTask>) => void;
  postMessage: (message: unknown, transfer?: ArrayBuffer[]) => void;
};

let context: Promise<ProcessContext>;

scope.onmessage = ({ data }) => {
  if ("imagesPath" in data) {
    context = openContext(data);
    context.then(
      () => scope.postMessage({ ready: true }),
      (error) => scope.postMessage({ failed: String(error.message) }),
    );
    return;
  }
  process(data);
};

async function process({ number, picture, donors }: WorkerTask): Promise<void> {
  const result = await processPicture(picture, await context, donors);
  scope.postMessage({ number, result });
}
