import type { Base } from "../../bases/base.ts";
import { bases } from "../../bases/bases.ts";
import { quote } from "../../core/quote.ts";

/**
 * A sentence about a VAE that was given in the place of a model's own and is of another family: its
 * latents have the same shape, so nothing but the look of the picture shows it.
 *
 * @param vae The given folder or file.
 */
export function vaeWarning(
  vae: string | undefined,
  { family, latent }: Pick<Base, "family" | "latent">,
): string | undefined {
  if (vae === undefined) return undefined;
  const known = [...bases].flatMap(({ family, known }) =>
    known.map((model) => ({ family, scale: model.latent.scale }))
  );
  const own = known.find((one) => one.family === family)?.scale;
  if (own === undefined || own === latent.scale) return undefined;
  const other = known.find(({ scale }) => scale === latent.scale)?.family;
  if (other === undefined) return undefined;
  return `VAE ${
    quote(vae)
  } scales latents by ${latent.scale}, as those of family ${
    quote(other)
  } do, but the model is of family ${
    quote(family)
  } (${own}): colours and shapes come out wrong`;
}
