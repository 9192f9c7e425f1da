import { vaeDecoderProgram } from "../../../lib/encoders/vae_decoder.ts";
import { vaeEncoderProgram } from "../../../lib/encoders/vae_encoder.ts";
import { type VaeConfig, vaeFactor } from "../../../lib/encoders/vae_config.ts";
import type { Executor, WeightSource } from "../../../lib/ops/executor.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";

/** A VAE's two halves on square pictures, with weights that are not trained any more. */
export interface Codec {
  readonly config: VaeConfig;
  readonly side: number;
  /** Pictures `[3, side, side]` in 0..1 to latents `[N, C, side / factor, side / factor]`. */
  encode(
    pictures: readonly Float32Array[],
  ): Promise<{ readonly mean: Tensor; readonly logvar: Tensor }>;
  /** Latents to pictures `[3, side, side]`, about 0..1. */
  decode(latents: Tensor): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** Pictures that go through the VAE at a time. */
const atOnce = 8;

/** Compiles a VAE's two halves. */
export async function openCodec(
  executor: Executor,
  source: WeightSource,
  { config, side }: { config: VaeConfig; side: number },
): Promise<Codec> {
  const small = side / vaeFactor(config), channels = config.latent_channels;
  const encoder = await executor.compile(
    vaeEncoderProgram(config, { height: side, width: side }),
    source,
  );
  const decoder = await executor.compile(
    vaeDecoderProgram(config, { height: small, width: small }),
    source,
  );
  const cells = 3 * side * side, values = channels * small * small;
  return {
    config,
    side,
    async encode(pictures) {
      const shape = [pictures.length, channels, small, small];
      const mean = new Float32Array(pictures.length * values);
      const logvar = new Float32Array(pictures.length * values);
      for (let first = 0; first < pictures.length; first += atOnce) {
        const some = pictures.slice(first, first + atOnce);
        const pixels = new Float32Array(some.length * cells);
        for (const [n, picture] of some.entries()) {
          pixels.set(picture.map((value) => 2 * value - 1), n * cells);
        }
        const picture = tensor([some.length, 3, side, side], pixels);
        const found = await encoder.run({ picture });
        mean.set(floats(found.mean!), first * values);
        logvar.set(floats(found.logvar!), first * values);
      }
      return { mean: tensor(shape, mean), logvar: tensor(shape, logvar) };
    },
    async decode(latents) {
      const count = latents.shape[0]!;
      const pictures: Float32Array[] = [];
      for (let first = 0; first < count; first += atOnce) {
        const length = Math.min(atOnce, count - first);
        const some = floats(latents)
          .slice(first * values, (first + length) * values);
        const { picture } = await decoder.run({
          latent: tensor([length, channels, small, small], some),
        });
        const data = floats(picture!).map((value) => (value + 1) / 2);
        for (let n = 0; n < length; n++) {
          pictures.push(data.slice(n * cells, (n + 1) * cells));
        }
      }
      return pictures;
    },
    async dispose() {
      await encoder.dispose();
      await decoder.dispose();
    },
  };
}
