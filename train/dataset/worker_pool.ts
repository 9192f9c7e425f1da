import { LocRefError } from "../../lib/error.ts";
import type { PictureDonors } from "./donors.ts";
import type { ProcessContext, ProcessedPicture } from "./process_picture.ts";
import type { SourcePicture } from "./source.ts";

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
  /** Comes back with the answer. */
  readonly number: number;
  /** The picture's annotations. */
  readonly picture: SourcePicture;
  /** Lenders of references, where they are asked for. */
  readonly donors?: PictureDonors;
}

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

/**
 * Starts `threads` worker threads.
 *
 * @throws {LocRefError} `file-missing` if the pictures cannot be opened.
 */
export async function openWorkerPool(
  setup: WorkerSetup,
  threads: number,
): Promise<WorkerPool> {
  const waiting = new Map<
    number,
    { resolve: (result: ProcessedPicture) => void; reject: (e: Error) => void }
  >();
  const load: number[] = new Array(threads).fill(0);
  const workers = await Promise.all(
    load.map((_, i) =>
      startWorker(setup, (answer) => {
        load[i]!--;
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
      const i = load.indexOf(Math.min(...load));
      load[i]!++;
      const task = { number: number++, picture, donors };
      return new Promise((resolve, reject) => {
        waiting.set(task.number, { resolve, reject });
        workers[i]!.postMessage(task);
      });
    },
    close: () => workers.forEach((worker) => worker.terminate()),
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
