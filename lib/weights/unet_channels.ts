/** Channels of an inpainting UNet's input: latents, a mask, and the latents of the kept picture. */
export function maskChannels(latents: number): number {
  return 2 * latents + 1;
}

/** Channels of coordinates beside a UNet's input: sine and cosine along both axes, in each octave. */
export function coordinateChannels(octaves: number): number {
  return 4 * octaves;
}

/** Octaves of coordinates that a UNet's config names, before anything else in it is checked. */
export function coordinatesNamed(config: unknown): number {
  const own = (config as { _locref?: { coordinates?: unknown } } | undefined)
    ?._locref?.coordinates;
  return typeof own === "number" ? own : 0;
}

/** Channels of latents of Stable Diffusion, of which UNets that edit pictures are known. */
const usualLatents = 4;

/**
 * Why a UNet cannot be used here by its inputs; `undefined` where it reads latents, or a mask with
 * them.
 *
 * @param reads Channels of its input.
 * @param latents Channels of a latent.
 */
export function inputProblem(
  reads: number,
  latents: number,
): string | undefined {
  switch (reads) {
    case latents:
    case maskChannels(latents):
      return undefined;
    case 2 * latents:
      return latents === usualLatents
        ? "it is a picture-editing UNet, which also reads a picture"
        : `it reads ${reads} channels, but latents have ${latents}: it edits pictures, or its config.json is missing or does not name its coordinates (_locref)`;
    case latents + 1:
      return "it is a depth UNet, which also reads a depth map";
    case latents + 3:
      return "it is an upscaling UNet, which also reads a small picture";
    default:
      return `it reads ${reads} channels, but latents have ${latents}`;
  }
}
