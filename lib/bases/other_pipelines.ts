/** Pipelines of diffusers that no base runs, in words: classes say little to those who do not know them. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^Flux/, "FLUX"],
  [/^StableDiffusion3/, "Stable Diffusion 3"],
  [
    /InstructPix2Pix/,
    "its UNet also reads a picture to edit: begin on a picture with an ordinary model in its place",
  ],
  [
    /Depth2Img/,
    "its UNet also reads a depth map: take a ControlNet of depth in its place",
  ],
  [/Upscale/, "its UNet enlarges a picture"],
  [/^StableDiffusionImageVariation|UnCLIP/i, "it reads a picture, not text"],
  [/^(StableCascade|Wuerstchen)/, "Stable Cascade"],
  [/^Kolors/, "Kolors, whose text encoder is a language model"],
  [/^IF/, "DeepFloyd IF, which works on pixels"],
  [/^AnimateDiff|Video|^Wan|^CogVideo|^LTX|^Mochi/, "it makes videos"],
  [
    /^(PixArt|Sana|AuraFlow|Hunyuan|Lumina|QwenImage|HiDream|Chroma|ZImage|Kandinsky|Amused|Bria|OmniGen)/,
    "a model of another kind",
  ],
];

/** A pipeline of another family in words; `undefined` where it is not known. */
export function otherPipeline(className: unknown): string | undefined {
  if (typeof className !== "string") return undefined;
  return others.find(([pattern]) => pattern.test(className))?.[1];
}
