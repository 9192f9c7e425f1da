import type { Comparison } from "../compare.ts";
import type { Contender } from "../contender.ts";
import type { Contenders } from "../contenders.ts";
import { makeCopies } from "../dataset_copies.ts";
import { prepareUnet } from "../large_models.ts";
import { python } from "../paths.ts";

/** Training steps, and the data sets that they read. */
export function trainingComparisons(contenders: Contenders): Comparison[] {
  const { ours, peer } = contenders;
  return [
    {
      name: "train",
      summary:
        "a training step of the pocket UNet with LocRef, batch 16, four references, AdamW",
      rounds: 3,
      contenders: [
        ours("locref onnx", "train", "--backend", "onnx"),
        ours("locref tensorflow", "train"),
        inRanks(
          ours(
            "locref onnx, two ranks of one thread",
            "train",
            "--backend",
            "onnx",
          ),
        ),
        peer("torch eager", "train"),
        peer("torch eager, channels last", "train", "--channels-last"),
      ],
    },
    {
      name: "train-large",
      summary:
        "a training step of LocRef's adapter on a frozen UNet of SD 1.5's size, 256², batch 1, four references, AdamW",
      prepare: prepareUnet,
      rounds: 2,
      contenders: [
        ours("locref onnx", "train_large", "--backend", "onnx"),
        ours("locref tensorflow", "train_large"),
        peer("torch eager", "train_large"),
      ],
    },
    ...datasets(contenders),
  ];
}

/** A worker of ours as two ranks, which have a thread each. */
function inRanks(contender: Contender): Contender {
  const alone = contender.command.slice(0, -2); // without --threads
  return {
    ...contender,
    command: ["mpirun", "-n", "2", ...alone, "--threads", "1"],
  };
}

function datasets({ ours, peer }: Contenders): Comparison[] {
  const loop = (name: string, ...args: string[]) => ({
    ...peer(name, "dataset"),
    command: [python, "bench/peers/dataset.py", "--threads", "1", ...args],
  });
  return [
    {
      name: "dataset",
      summary: "a data set built of 5,000 COCO pictures, from nothing",
      prepare: async () => void await makeCopies(5000),
      rounds: 1,
      warmUp: false,
      contenders: [
        ours("locref", "dataset"),
        loop("a Pillow and pycocotools loop"),
        loop("the same with WebP's usual effort", "--method", "4"),
        peer("the loop in a process a thread", "dataset"),
      ],
    },
    {
      name: "dataset-mpi",
      summary: "a data set built of 2,000 COCO pictures, a core a rank",
      prepare: async () => void await makeCopies(2000),
      rounds: 3,
      contenders: [2, 1].map((ranks) =>
        ours(
          `locref, ${ranks} ${ranks > 1 ? "ranks" : "rank"}`,
          "dataset",
          ...["--pictures", "2000", "--ranks", String(ranks)],
        )
      ),
    },
  ];
}
