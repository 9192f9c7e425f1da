import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Values } from "../../ops/executor.ts";
import type {
  AdapterRun,
  AdapterScene,
  BesideAdapter,
  PreparedAdapter,
} from "../adapter.ts";
import type { FastComposerOptions } from "./fastcomposer_options.ts";
import { wordPlaces } from "../phrase_places.ts";
import { pictureFeaturesOf } from "../picture_embeds.ts";

/** Part of the steps that take the text alone, the last of them included: 10 of 50. */
const plainPart = 0.2;

/** More instances than words of a caption cannot be named. */
const mostInstances = 30;

/** Pictures at the words of the scene's caption that name them. */
export async function prepareFastComposer(
  { data, pictures, captioned }: AdapterScene,
  run: AdapterRun,
  { imageEncoder }: BesideAdapter,
): Promise<PreparedAdapter> {
  if (data.instances.length === 0) return { inputsAt: () => undefined };
  const embeds = await pictureFeaturesOf(
    pictures.map(({ reference }) => reference),
    { ...{ run, imageEncoder, output: "embeds", fit: "contain" } },
  );
  const { plainSteps } = run.settings as FastComposerOptions;
  const places = wordPlaces(data, run, {
    reader: "FastComposer",
    most: mostInstances,
  }).map(({ last }) => last);
  const { tokens } = await run.encodeText([{ text: data.caption }]);
  return {
    text: placedPictures(embeds, places, {
      // the negative caption, the scene's, and those of instances
      rows: 2 + captioned.length,
      tokens: tokens.shape[1]!,
    }),
    inputsAt: ({ step, total }) =>
      step <= (plainSteps ?? plainPart * total) ? undefined : {},
  };
}

/** The second row is the scene's caption; no other names pictures. */
function placedPictures(
  embeds: Tensor,
  places: readonly number[],
  { rows, tokens }: { rows: number; tokens: number },
): Values<Tensor> {
  const width = embeds.shape[1]!;
  const pictures = new Float32Array(rows * tokens * width);
  const named = new Float32Array(rows * tokens);
  places.forEach((place, i) => {
    const at = tokens + place;
    pictures.set(
      embeds.data.subarray(i * width, (i + 1) * width),
      at * width,
    );
    named[at] = 1;
  });
  return {
    pictures: tensor([rows, tokens, width], pictures),
    named: tensor([rows, tokens, 1], named),
    others: tensor([rows, tokens, 1], named.map((one) => 1 - one)),
  };
}
