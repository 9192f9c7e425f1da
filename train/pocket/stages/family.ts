import type { AppearanceNetShape } from "../../../lib/adapters/locref/appearance_net.ts";
import type { DenoiserShape } from "../../../lib/bases/denoiser_shape.ts";
import type { UnetConfig } from "../../../lib/bases/sd/unet_config.ts";
import { unetShape } from "../../../lib/bases/sd/unet_programs.ts";
import type { ClipImageConfig } from "../../../lib/encoders/clip_image.ts";
import { visionTokens } from "../../../lib/encoders/vit.ts";
import { type VaeConfig, vaeFactor } from "../../../lib/encoders/vae_config.ts";
import type { SquareFit } from "../../../lib/weights/square_fit.ts";
import { clipImageConfig, clipTextConfig } from "./clip_configs.ts";
import { pocketUnetConfig } from "./unet_config.ts";

/** Sizes by which models of the pocket family differ. */
export interface FamilySizes {
  /** Side of pictures, in pixels. */
  readonly side: number;
  /** Side of their latents. */
  readonly latentSide: number;
  readonly latentChannels: number;
  /** Tokens of a picture along each side. @default {8} */
  readonly across?: number;
  /** Octaves of coordinates beside the latents. @default {0, none} */
  readonly coordinates?: number;
  /** How the composite image lies in the encoder's square. @default {"stretch"} */
  readonly compositeFit?: SquareFit;
}

/** The configs of a model's parts, all made of its sizes. */
export interface PocketFamily extends FamilySizes {
  /** Tokens of a picture along each side. */
  readonly across: number;
  readonly coordinates: number;
  readonly compositeFit: SquareFit;
  /** All tokens of a picture; number 0 is the class. */
  readonly tokens: number;
  readonly image: ClipImageConfig & object;
  readonly unet: UnetConfig & object;
  /** The UNet as training passes through it. */
  readonly denoiser: DenoiserShape;
  readonly appearanceNet: AppearanceNetShape;
}

/** The family of given sizes. */
export function pocketFamily(sizes: FamilySizes): PocketFamily {
  const { side, latentSide, latentChannels, across = 8 } = sizes;
  const image = clipImageConfig(side, across);
  const tokens = visionTokens(image);
  const width = image.hidden_size;
  const { coordinates = 0, compositeFit = "stretch" } = sizes;
  const unet = pocketUnetConfig({
    ...{ latentSide, latentChannels, coordinates, compositeFit },
  });
  return {
    side,
    latentSide,
    latentChannels,
    across,
    coordinates,
    compositeFit,
    tokens,
    image,
    unet,
    denoiser: unetShape(unet),
    appearanceNet: {
      kind: "locref",
      input: "patch",
      inputWidth: width,
      hiddenWidth: width,
      width: clipTextConfig.hidden_size,
      tokens,
    },
  };
}

/**
 * The family that a VAE belongs to, which was trained on pictures of `side` pixels.
 *
 * @param more what the VAE does not decide.
 */
export function familyOfVae(
  vae: VaeConfig,
  side: number,
  more: Pick<FamilySizes, "across" | "coordinates" | "compositeFit"> = {},
): PocketFamily {
  return pocketFamily({
    ...more,
    side,
    latentSide: side / vaeFactor(vae),
    latentChannels: vae.latent_channels,
  });
}
