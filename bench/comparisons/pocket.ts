import type { Comparison } from "../compare.ts";
import type { Contenders } from "../contenders.ts";
import { python } from "../paths.ts";

const solver = ["--sampler", "dpm++", "--steps", "15"];

/** Pictures of the pocket model. */
export function pocketComparisons(contenders: Contenders): Comparison[] {
  const { ours, peer } = contenders;
  return [
    {
      name: "pocket",
      summary:
        "a picture of the pocket model, 50 steps under guidance, two references, in a warm process",
      contenders: [
        ours("locref onnx", "pocket"),
        peer("diffusers, the base alone", "pocket"),
      ],
    },
    pocketModes(contenders),
    {
      name: "process",
      summary: "the pocket picture as a whole process, start to file",
      rounds: 3,
      contenders: [
        {
          name: "locref generate",
          once: true,
          command: [
            ...[Deno.execPath(), "run", "-A", "cli.ts", "generate"],
            ...["bench/scene.json", "-o", ".cache/bench/out.png"],
          ],
        },
        {
          name: "diffusers, the base alone",
          once: true,
          peer: true,
          command: [python, "bench/peers/pocket.py", "--once"],
        },
      ],
    },
    {
      name: "parts",
      summary: "masks, composite, preview and PNG of a pocket scene",
      contenders: [
        ours("a pocket picture", "pocket"),
        ours("masks, composite, preview and PNG", "parts"),
      ],
    },
  ];
}

function pocketModes({ ours, peer }: Contenders): Comparison {
  const interval = ["--interval", "0.1,0.8"];
  return {
    name: "pocket-modes",
    summary:
      "the pocket picture in the fast modes, against 50 steps of torch eager",
    rounds: 3,
    contenders: [
      peer("diffusers, 50 steps of DDIM", "pocket"),
      ours("50 steps of DDIM", "pocket"),
      ours("int8", "pocket", "--int8"),
      ours("guidance in 10..80 % of the steps", "pocket", ...interval),
      ours("deep features kept for 2 steps", "pocket", "--reuse", "2"),
      ours("15 steps of DPM-Solver++", "pocket", ...solver),
      ours(
        "15 steps of DPM-Solver++, guidance in 10..80 %",
        "pocket",
        ...[...solver, ...interval],
      ),
      ours("10 steps of DDIM", "pocket", "--steps", "10"),
      ours(
        "10 steps of DDIM, deep features for 2",
        "pocket",
        ...["--steps", "10", "--reuse", "2"],
      ),
      peer("diffusers, 15 steps of DPM-Solver++", "pocket", ...solver),
      peer("diffusers, 10 steps of DDIM", "pocket", "--steps", "10"),
      peer("diffusers, DeepCache every 2", "pocket", "--deep-cache", "2"),
      peer(
        "diffusers, torch.compile, 15 steps of DPM-Solver++",
        "pocket",
        ...[...solver, "--compile"],
      ),
    ],
  };
}
