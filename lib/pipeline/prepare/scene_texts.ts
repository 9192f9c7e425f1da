import type { SceneData } from "../../scene_data/scene_data.ts";
import { instanceName } from "../../scene_data/instance_name.ts";
import type { TextRequest } from "../../bases/text_conditioning.ts";
import type { ConditionOptions } from "../options/condition_options.ts";

/** The texts of a scene, and which of them each group of the batch reads. */
export interface SceneTexts {
  /** Instances with captions of their own, negative or not. */
  readonly captioned: readonly number[];
  /** How messages call each text. */
  readonly names: readonly string[];
  readonly texts: readonly string[];
  /** Rows of the texts for the scene and each captioned instance, by branch. */
  readonly rows: {
    readonly negative: readonly number[];
    readonly positive: readonly number[];
  };
}

/** The texts of a scene: negative caption, caption, and those of instances. */
export function sceneTexts(
  { negative, caption, instances }: SceneData,
): SceneTexts {
  const names = ["Negative caption", "Caption"];
  const texts = [negative, caption];
  const rows = { negative: [0], positive: [1] };
  const row = (text: string | undefined, name: string, other: number) => {
    if (text === undefined) return other;
    names.push(name);
    return texts.push(text) - 1;
  };
  const captioned = [...instances.keys()].filter((i) =>
    instances[i]!.caption !== undefined ||
    instances[i]!.negativeCaption !== undefined
  );
  for (const i of captioned) {
    const name = instanceName(instances[i]!, i).toLowerCase();
    const { caption, negativeCaption } = instances[i]!;
    rows.positive.push(row(caption, `Caption of ${name}`, 1));
    rows.negative.push(
      row(negativeCaption, `Negative caption of ${name}`, 0),
    );
  }
  return { captioned, names, texts, rows };
}

/** The negative caption, the caption and those of instances, as the base encodes them. */
export function textRequests(
  [negative, caption, ...others]: readonly string[],
  conditions: ConditionOptions,
): TextRequest[] {
  const { captionTwo, negativeTwo, emptyNegative, clipSkip } = conditions;
  return [
    {
      text: negative!,
      second: negativeTwo,
      absent: negative === "" && negativeTwo === undefined &&
        emptyNegative !== "text",
    },
    { text: caption!, second: captionTwo, clipSkip },
    ...others.map((text) => ({ text, clipSkip })),
  ];
}
