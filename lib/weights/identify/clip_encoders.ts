import { quote } from "../../core/quote.ts";

/** Image encoders of IP-Adapters, by the widths of their features. */
const encoders = [
  {
    name: "CLIP ViT-H/14",
    folder: "h94/IP-Adapter/models/image_encoder",
    widths: { projection: 1024, hidden: 1280 },
  },
  {
    name: "OpenCLIP ViT-bigG/14",
    folder: "h94/IP-Adapter/sdxl_models/image_encoder",
    widths: { projection: 1280, hidden: 1664 },
  },
] as const;

/** A public image encoder. */
export interface ClipEncoder {
  /** Name in messages. */
  readonly name: string;
  /** Its folder on the hub. */
  readonly folder: string;
}

/**
 * The image encoder that gives features of a width; `undefined` where no public one does. The same
 * width means ViT-H for hidden states and bigG for projections.
 *
 * @param kind Whether the features are projected, or the hidden states of all patches.
 */
export function clipEncoderOf(
  kind: "projection" | "hidden",
  width: number | undefined,
): ClipEncoder | undefined {
  return encoders.find(({ widths }) => widths[kind] === width);
}

/** End of a sentence about an image encoder of other widths; empty where no public one fits. */
export function encoderAdvice(
  kind: "projection" | "hidden",
  width: number,
): string {
  const found = clipEncoderOf(kind, width);
  return found === undefined
    ? ""
    : `: give the image encoder of ${found.name}, ${quote(found.folder)}`;
}
