import { allReady, leastBusy, Thread } from "../../threads/thread.ts";
import type { PictureDonors } from "./donors.ts";
import {
  openContext,
  type WorkerSetup,
  type WorkerTask,
} from "./process_context.ts";
import { type ProcessedPicture, processPicture } from "./process_picture.ts";
import type { SourcePicture } from "../sources/source.ts";

/** Worker threads that make samples. */
export interface WorkerPool {
  /** Makes one sample, on the next thread that has time. */
  process(
    picture: SourcePicture,
    donors?: PictureDonors,
  ): Promise<ProcessedPicture>;
  /** Ends the threads. */
  close(): void;
}

/** Pictures that a thread has under way: some are encoded while the script of another runs. */
const lanes = 5;

/**
 * Starts `threads` worker threads. A single one is this thread, which takes one picture after the
 * other and so is one busy core: ranks share cores that way.
 *
 * @throws {LocRefError} `file-missing` if the pictures cannot be opened.
 */
export async function openWorkerPool(
  setup: WorkerSetup,
  threads: number,
): Promise<WorkerPool> {
  if (threads === 1) return await openThisThread(setup);
  const module = new URL("./worker.ts", import.meta.url);
  const workers = Array.from(
    { length: threads },
    () =>
      new Thread<WorkerTask, ProcessedPicture>(module, setup, "worker thread"),
  );
  await allReady(workers);
  const queue: ((worker: typeof workers[number]) => Promise<unknown>)[] = [];
  const send = () => {
    while (queue.length > 0) {
      const worker = leastBusy(workers);
      if (worker.waiting >= lanes) return;
      queue.shift()!(worker).then(send);
    }
  };
  return {
    process: (picture, donors) =>
      new Promise((resolve, reject) => {
        queue.push((worker) =>
          worker.request({ picture, donors }).then(resolve, reject)
        );
        send();
      }),
    close: () => workers.forEach((worker) => worker.close()),
  };
}

async function openThisThread(setup: WorkerSetup): Promise<WorkerPool> {
  const context = await openContext(setup);
  let last: Promise<unknown> = Promise.resolve();
  return {
    process(picture, donors) {
      const made = last.then(() => processPicture(picture, context, donors));
      last = made.catch(() => {}); // the caller of this picture reports it
      return made;
    },
    close() {
      context.pictures.close();
      context.masks?.close();
    },
  };
}
