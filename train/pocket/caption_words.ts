import { join } from "node:path";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { pocketObjects } from "./objects/objects.ts";
import { backdropWords } from "./studio/backdrop.ts";
import { templateWords } from "./studio/captions.ts";
import { lightWords } from "./studio/light.ts";
import { spots } from "./studio/places.ts";

/** The words of every caption that the pocket UNet is trained with, sorted. */
export async function captionWords(): Promise<string[]> {
  const objects = await pocketObjects();
  const texts = [
    ...templateWords,
    ...backdropWords,
    ...lightWords,
    ...Object.keys(spots),
    ...objects.filter(({ heldOut }) => !heldOut).map(({ name }) => name),
  ];
  const words = texts.flatMap((text) => text.match(/[\p{L}\p{M}]+/gu) ?? []);
  return [...new Set(words)].sort();
}

/** Writes the words into a model's folder, so that captions of other words warn. */
export async function writeCaptionWords(folder: string): Promise<void> {
  const words = await captionWords();
  await writeFileAtomically(join(folder, "words.txt"), `${words.join("\n")}\n`);
}
