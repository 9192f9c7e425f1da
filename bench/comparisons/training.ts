import type { Comparison } from "../compare.ts";
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
        ours("locref tensorflow", "train"),
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
        ours("locref tensorflow", "train_large"),
        peer("torch eager", "train_large"),
      ],
    },
    ...datasets(contenders),
  ];
}

function datasets({ ours, peer }: Contenders): Comparison[] {
  return [
    {
      name: "dataset",
      summary: "a data set built of 5,000 COCO pictures, from nothing",
      prepare: async () => void await makeCopies(5000),
      rounds: 1,
      warmUp: false,
      contenders: [
        ours("locref", "dataset"),
        peer("Pillow and pycocotools, a process a thread", "dataset"),
        peer("the same with WebP's usual effort", "dataset", "--method", "4"),
        {
          ...peer("Pillow and pycocotools, one process", "dataset"),
          command: [python, "bench/peers/dataset.py", "--threads", "1"],
        },
      ],
    },
    {
      name: "dataset-mpi",
      summary: "a data set built of 1,000 COCO pictures, a thread a rank",
      prepare: async () => void await makeCopies(1000),
      rounds: 3,
      contenders: [2, 1].map((ranks) =>
        ours(
          `locref, ${ranks} ${ranks > 1 ? "ranks" : "rank"}`,
          "dataset",
          ...["--pictures", "1000", "--ranks", String(ranks)],
        )
      ),
    },
  ];
}
