import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Values } from "../../ops/executor.ts";
import { instanceName } from "../../scene_data/instance_name.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import type {
  AdapterRun,
  AdapterScene,
  BesideAdapter,
  PreparedAdapter,
} from "../adapter.ts";
import { instancePhrases } from "../instance_phrases.ts";
import { pictureFeaturesOf } from "../picture_embeds.ts";
import { phraseEnds } from "./phrase_ends.ts";

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
  const places = wordPlaces(data, run);
  const { tokens } = await run.encodeText([{ text: data.caption }]);
  return {
    text: placedPictures(embeds, places, {
      // the negative caption, the scene's, and those of instances
      rows: 2 + captioned.length,
      tokens: tokens.shape[1]!,
    }),
    inputsAt: ({ step, total }) => step <= plainPart * total ? undefined : {},
  };
}

/** The last token of each instance's caption within the scene's. */
function wordPlaces(data: SceneData, { base }: AdapterRun): number[] {
  const phrases = instancePhrases(data, "FastComposer", mostInstances);
  const idsOf = (text: string) => base.textIds?.(text) ?? [];
  const places = phraseEnds(idsOf(data.caption), phrases.map(idsOf));
  return places.map((place, i) => {
    if (place !== undefined) return place;
    throw new LocRefError(
      "scene-invalid",
      `${instanceName(data.instances[i]!, i)} has the caption ${
        quote(phrases[i])
      }, which the scene's caption ${
        quote(data.caption)
      } does not hold as often as instances do, and FastComposer puts pictures into those words`,
    );
  });
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
