import { shorten } from "../../core/quote.ts";
import { loraWarning } from "./lora_provenance.ts";
import type { ModelProvenance } from "./provenance.ts";

/** A sentence about a picture that is made again on a model with other files. */
export function modelWarning(
  before: ModelProvenance | undefined,
  now: ModelProvenance,
): string | undefined {
  if (before === undefined) return undefined;
  const there = new Set(Object.values(now.files));
  const gone = Object.entries(before.files).filter(([, hash]) =>
    !there.has(hash)
  );
  if (gone.length === 0) return loraWarning(before.loras, now.loras);
  const files = shorten(gone.map(([path]) => path).join(", "), 160);
  return `The picture was made with model "${
    shorten(before.name)
  }", and files of "${
    shorten(now.name)
  }" are others, so it comes out otherwise${
    before.name === now.name ? "" : " (load the first for the same picture)"
  }: ${files}`;
}

/** A sentence about a picture that is made again on another backend. */
export function backendWarning(
  before: string | undefined,
  now: string,
): string | undefined {
  if (before === undefined || before === now) return undefined;
  return `The picture was made on backend "${
    shorten(before)
  }" and is made again on "${now}", whose last digits differ, so it may come out a little otherwise`;
}
