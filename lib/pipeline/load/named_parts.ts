import type { ModelPart } from "../../weights/open_part.ts";
import type { ModelParts } from "./model_parts.ts";

/** A part's weights, and its folder or file in messages. */
export type PartFiles = Pick<ModelPart<unknown>, "weights" | "folder">;

/** Every part of a model: the one list that hashes and checks of values read. */
export function partFiles(
  { base, imageEncoder, taesd, adapters }: ModelParts,
): PartFiles[] {
  return [
    ...base.parts,
    ...(imageEncoder ? [imageEncoder] : []),
    ...(taesd ? [taesd] : []),
    ...adapters.map(({ weights, file }) => ({ weights, folder: file })),
  ];
}
