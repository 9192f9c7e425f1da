import { LocRefError } from "../../../lib/core/error.ts";
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

type Answer =
  | { ready: true }
  | { failed: string }
  | { number: number; result: ProcessedPicture };

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
  const queue: WorkerTask[] = [];
  const waiting = new Map<
    number,
    { resolve: (result: ProcessedPicture) => void; reject: (e: Error) => void }
  >();
  const load: number[] = new Array(threads).fill(0);
  const send = () => {
    while (queue.length > 0) {
      const i = load.indexOf(Math.min(...load));
      if (load[i]! >= lanes) return;
      load[i]!++;
      workers[i]!.postMessage(queue.shift());
    }
  };
  const workers = await Promise.all(
    load.map((_, i) =>
      startWorker(setup, (answer) => {
        load[i]!--;
        send();
        waiting.get(answer.number)?.resolve(answer.result);
        waiting.delete(answer.number);
      }, (message) => {
        const error = new Error(`A worker thread ended: ${message}`);
        for (const { reject } of waiting.values()) reject(error);
        waiting.clear();
      })
    ),
  );
  let number = 0;
  return {
    process(picture, donors) {
      const task = { number: number++, picture, donors };
      queue.push(task);
      send();
      return new Promise((resolve, reject) => {
        waiting.set(task.number, { resolve, reject });
      });
    },
    close: () => workers.forEach((worker) => worker.terminate()),
  };
}

async function openThisThread(setup: WorkerSetup): Promise<WorkerPool> {
  const context = await openContext(setup).catch((cause: Error) => {
    throw new LocRefError("file-missing", cause.message, { cause });
  });
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

function startWorker(
  setup: WorkerSetup,
  onResult: (answer: { number: number; result: ProcessedPicture }) => void,
  onEnd: (message: string) => void,
): Promise<Worker> {
  const url = new URL("./worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ("ready" in data) resolve(worker);
      else if ("failed" in data) {
        worker.terminate();
        reject(new LocRefError("file-missing", data.failed));
      } else onResult(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
      onEnd(event.message);
    };
    worker.postMessage(setup);
  });
}
