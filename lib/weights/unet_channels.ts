/** Channels of an inpainting UNet's input: latents, a mask, and the latents of the kept picture. */
export function maskChannels(latents: number): number {
  return 2 * latents + 1;
}

/** Channels of coordinates beside a UNet's input: sine and cosine along both axes, in each octave. */
export function coordinateChannels(octaves: number): number {
  return 4 * octaves;
}

/** Most octaves of coordinates that a config may name. */
export const mostOctaves = 8;

/** Octaves of coordinates that a UNet's config names, before anything else in it is checked. */
export function coordinatesNamed(config: unknown): number {
  const own = (config as { _locref?: { coordinates?: unknown } } | undefined)
    ?._locref?.coordinates;
  return typeof own === "number" ? own : 0;
}

/** Channels of latents of Stable Diffusion, of which UNets that edit pictures are known. */
export const usualLatents = 4;

/** Channels that UNets in one file read: latents, or a mask with them. */
export const fileInputs: readonly number[] = [
  usualLatents,
  maskChannels(usualLatents),
];

/** Channels of a UNet's latents; where it predicts variances too, those of its input. */
export function latentsOf(reads: number, predicts = usualLatents): number {
  return reads > 0 ? Math.min(reads, predicts) : predicts;
}

/**
 * Why a UNet cannot be used here by its inputs; `undefined` where it reads latents, or a mask with
 * them.
 *
 * @param all Channels of its input, with those of coordinates.
 * @param latents Channels of a latent.
 * @param octaves Octaves of coordinates that its config names.
 */
export function inputProblem(
  all: number,
  latents: number,
  octaves = 0,
): string | undefined {
  const reads = all - coordinateChannels(octaves);
  if (reads === latents || reads === maskChannels(latents)) return undefined;
  const known = octaves > 0 ? undefined : knownInput(all, latents);
  if (known !== undefined) return known;
  const counts = `it reads ${all} channels, but latents have ${latents}`;
  const fitting = fittingOctaves(all, latents);
  if (octaves > 0) {
    return `${counts} and its coordinates ${coordinateChannels(octaves)}${
      fitting === undefined
        ? ""
        : `: its config.json must name ${settingOf(fitting)}`
    }`;
  }
  return fitting === undefined
    ? counts
    : `${counts}: the others are of pictures, or of coordinates, which its config.json must name (${
      settingOf(fitting)
    })`;
}

/** Public kinds of UNets that read more than latents. */
function knownInput(reads: number, latents: number): string | undefined {
  if (reads === latents + 1) {
    return "it is a depth UNet, which also reads a depth map";
  }
  if (reads === latents + 3) {
    return "it is an upscaling UNet, which also reads a small picture";
  }
  return latents === usualLatents && reads === 2 * latents
    ? "it is a picture-editing UNet, which also reads a picture"
    : undefined;
}

/** Octaves of coordinates that fill an input up, if a config can name so many. */
function fittingOctaves(reads: number, latents: number): number | undefined {
  return [latents, maskChannels(latents)]
    .map((own) => (reads - own) / coordinateChannels(1))
    .find((octaves) =>
      Number.isInteger(octaves) && octaves > 0 && octaves <= mostOctaves
    );
}

function settingOf(octaves: number): string {
  return `_locref: { coordinates: ${octaves} }`;
}
