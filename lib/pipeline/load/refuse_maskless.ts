import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import { peekConfig, peekHeader } from "../../weights/hub/peek.ts";
import { maskChannels } from "../../weights/unet_channels.ts";
import type { FetchFileOptions } from "../../weights/hub/hub.ts";
import type { LoadOptions } from "../options/load_options.ts";
import { isFileName } from "./locate_model.ts";

/** The error about an inpainting model that is given no mask. */
export function maskMissing(model: string): LocRefError {
  return new LocRefError(
    "scene-invalid",
    `Model ${
      quote(model)
    } is an inpainting model, which reads a picture and a mask: give them with generate({ inpaint: { image, mask } }), or --inpaint and --mask`,
  );
}

/**
 * Refuses an inpainting model for a scene without a mask before its weights are fetched, by its header
 * or config.
 *
 * @throws {LocRefError} `scene-invalid`.
 */
export async function refuseMaskless(
  model: string,
  options: FetchFileOptions & Pick<LoadOptions, "base" | "unet"> = {},
): Promise<void> {
  const { base = model, unet } = options;
  if (base === "pocket") return;
  const channels = unet === undefined
    ? await channelsOf(base, "unet/config.json", options)
    : await channelsOf(unet, "config.json", options);
  // latents of every model that is read from a file or the hub have four channels
  if (channels === maskChannels(4)) throw maskMissing(model);
}

/** Channels that a UNet reads, where its file or config can be looked at. */
async function channelsOf(
  name: string,
  config: string,
  options: FetchFileOptions,
): Promise<number | undefined> {
  try {
    if (isFileName(name)) {
      const header = (await peekHeader(name, options))?.value;
      const first = header?.info(
        "model.diffusion_model.input_blocks.0.0.weight",
      ) ?? header?.info("input_blocks.0.0.weight") ??
        header?.info("conv_in.weight");
      return first?.shape[1];
    }
    const found = await peekConfig(name, config, options);
    const channels = found?.value.in_channels;
    return typeof channels === "number" ? channels : undefined;
  } catch (error) {
    // loading names what cannot be read
    if (error instanceof DOMException) throw error;
    return undefined;
  }
}
