/**
 * Why a UNet cannot be used here whose inputs are not the latents alone; `undefined` where they are.
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
      return undefined;
    case 2 * latents + 1:
      return "it is an inpainting UNet, which also reads a mask";
    case 2 * latents:
      return "it is a picture-editing UNet, which also reads a picture";
    case latents + 1:
      return "it is a depth UNet, which also reads a depth map";
    case latents + 3:
      return "it is an upscaling UNet, which also reads a small picture";
    default:
      return `it reads ${reads} channels, but latents have ${latents}`;
  }
}
