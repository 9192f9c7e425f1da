/** A thread that makes batches of a stage; its first message says of which. */

import { LocRefError } from "../../lib/core/error.ts";
import { random } from "../../lib/core/random.ts";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import type { OpenStage } from "../loop/stage.ts";
import { openStageNamed } from "../loop/stages.ts";
import { soloRank } from "../ranks/ranks.ts";
import type {
  LoaderFailure,
  LoaderReply,
  LoaderSetup,
  LoaderTask,
} from "./loader_messages.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<LoaderSetup | LoaderTask>) => void;
  postMessage: (message: LoaderReply, transfer?: ArrayBufferLike[]) => void;
};

let opened: Promise<OpenStage>;
let seed = 0;

scope.onmessage = ({ data }) => {
  if ("stage" in data) {
    ({ seed } = data.config);
    opened = open(data);
    opened.then(
      () => scope.postMessage({ ready: true }),
      (error) => scope.postMessage({ failed: failureOf(error) }),
    );
    return;
  }
  make(data);
};

async function open({ stage, config }: LoaderSetup): Promise<OpenStage> {
  const { executor, name } = await openExecutor("onnx", { threads: 1 });
  const found = await openStageNamed(stage);
  return await found!.open(config, {
    ...{ executor, backend: name as "onnx", ranks: soloRank },
  });
}

async function make({ id, samples }: LoaderTask): Promise<void> {
  try {
    const { data } = await opened;
    const batch = await data.batch(
      samples.map((place) => ({
        ...place,
        random: random(seed, "sample", place.number),
      })),
    );
    const buffers = Object.values(batch).map(({ data }) => data.buffer);
    scope.postMessage({ id, batch }, [...new Set(buffers)]);
  } catch (error) {
    scope.postMessage({ id, error: failureOf(error) });
  }
}

function failureOf(error: unknown): LoaderFailure {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message } = error;
  return error instanceof LocRefError
    ? { message, code: error.code }
    : { message };
}
