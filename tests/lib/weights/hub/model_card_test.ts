import { assert, assertEquals } from "@std/assert";
import { modelCard } from "../../../../lib/weights/hub/model_card.ts";

const facts = {
  id: "you/mine",
  adapter: "locref.safetensors",
  metadata: {},
  sha256: "0".repeat(64),
};

Deno.test("results of eval run stand in a card as a table with a row for each way", () => {
  const estimate = (value: number) => ({ value, ci95: [0, 1] });
  const card = modelCard({
    ...facts,
    evaluation: {
      run: { detector: { name: "yolo.onnx" }, encoder: { name: "clip" } },
      columns: [
        { id: "is", name: "mine | all", pictures: 7, iou: estimate(0.5) },
        {
          id: "ci",
          name: "mine, CI only",
          iou: estimate(0.25),
          clipI: estimate(1),
        },
      ],
    },
  });
  const at = card.indexOf("## Evaluation");
  assertEquals(card.slice(at).trim().split("\n"), [
    "## Evaluation",
    "",
    "|  | IoU | CLIP-I |",
    "|---|--:|--:|",
    "| mine \\| all | 0.500 | – |",
    "| mine, CI only | 0.250 | 1.000 |",
    "",
    "7 scenes; boxes found by `yolo.onnx`, likeness measured by `clip`.",
  ]);
});

Deno.test("other results stand in a card by their keys", () => {
  const card = modelCard({ ...facts, evaluation: { ap: { all: 0.25 } } });
  assert(card.includes("| ap.all | 0.25 |"), card);
});
