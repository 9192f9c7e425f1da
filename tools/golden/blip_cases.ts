import { join } from "node:path";
import { type Blip, loadBlip } from "../../lib/encoders/blip.ts";
import { sliceBatch } from "../../lib/core/tensor_rows.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "./golden_case.ts";
import { readGoldens } from "./golden_files.ts";

interface BlipFile {
  readonly prompt: string;
  readonly greedy: readonly number[][];
  readonly beam3: readonly number[][];
  readonly unprompted_greedy: readonly number[][];
}

/** The cases of the captioner. */
export const blipCases: readonly GoldenCase[] = [
  {
    name: "blip.logits",
    bound: 1e-4,
    run: (context) => withBlip(context, logits),
  },
  {
    name: "blip.greedy",
    bound: 0,
    run: (context) =>
      withBlip(context, async (blip, dir) =>
        Math.max(
          await wrongCaptions(blip, dir, {
            wanted: "greedy",
            beams: 1,
            prompted: true,
          }),
          await wrongCaptions(blip, dir, {
            wanted: "unprompted_greedy",
            beams: 1,
            prompted: false,
          }),
        )),
  },
  {
    name: "blip.beam3",
    bound: 0,
    run: (context) =>
      withBlip(
        context,
        (blip, dir) =>
          wrongCaptions(blip, dir, {
            wanted: "beam3",
            beams: 3,
            prompted: true,
          }),
      ),
  },
];

async function withBlip(
  { dir, executor }: GoldenContext,
  use: (blip: Blip, dir: string) => Promise<number>,
): Promise<number> {
  const blip = await loadBlip(join(dir, "blip-tiny"), executor);
  try {
    return await use(blip, dir);
  } finally {
    await blip.dispose();
  }
}

async function logits(blip: Blip, dir: string): Promise<number> {
  const goldens = await readGoldens(dir, "blip");
  const features = await blip.features(goldens.pixel_values!);
  const actual = await blip.logits(goldens.prompt_ids!, features);
  return Math.max(
    relativeError(features, goldens.image_features!),
    relativeError(actual, goldens.logits!),
  );
}

/** The share of pictures whose caption differs in any token. */
async function wrongCaptions(
  blip: Blip,
  dir: string,
  options: {
    wanted: "greedy" | "beam3" | "unprompted_greedy";
    beams: number;
    prompted: boolean;
  },
): Promise<number> {
  const file = await readJson<BlipFile>(join(dir, "blip.json"));
  const goldens = await readGoldens(dir, "blip");
  const features = await blip.features(goldens.pixel_values!);
  const wanted = file[options.wanted];
  const prompt = options.prompted ? file.prompt : "";
  const start = 1 +
    (options.prompted ? blip.tokenizer.encode(prompt).length : 0);
  const longest = Math.max(...wanted.map(({ length }) => length));
  let wrong = 0;
  for (const [row, ids] of wanted.entries()) {
    const actual = await blip.generate(sliceBatch(features, row, row + 1), {
      prompt,
      beams: options.beams,
      maxNewTokens: longest - start,
    });
    if (actual.join() !== captionOf(ids, start, blip).join()) wrong++;
  }
  return wrong / wanted.length;
}

/** A row of ids without the end token and the filling after it. */
function captionOf(
  ids: readonly number[],
  start: number,
  blip: Blip,
): number[] {
  const end = ids.indexOf(blip.config.text_config.sep_token_id, start);
  return ids.slice(0, end < 0 ? ids.length : end);
}
