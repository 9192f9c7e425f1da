import { random } from "../../../lib/core/random.ts";
import type { HostWeight, HostWeights } from "../../loop/host_weights.ts";

/**
 * Weights with which a VAE begins as an exact area-downsampler and nearest-upsampler, so that it has
 * only detail to learn.
 *
 * In every feature map, channels 0–5 carry RGB and −RGB and channels 6 and 7 the constants ±4, all
 * on the residual path. The constants keep group normalisation from hiding the colour of smooth
 * pictures: a group of RGB, −RGB, 4 and −4 has mean 0 and a deviation of about 2 whatever the colour.
 * At the end SiLU(x) − SiLU(−x) = x gives the colour back. All other weights begin small.
 */
export function areaVaeStart(
  shapes: ReadonlyMap<string, readonly number[]>,
  options: { seed: number },
): HostWeights {
  const weights = new Map<string, HostWeight>();
  for (const [name, shape] of shapes) {
    const data = begin(name, shape, options.seed);
    weights.set(name, { shape, data });
  }
  return weights;
}

/** Channels that carry the picture. */
const carriers = 8;
/** Value of the constant channels. */
const constant = 4;
/** Divisor of the carriers in normalisation: the deviation of eight of them, two being ±4. */
const deviation = (channels: number) =>
  Math.sqrt(2 * constant ** 2 / (channels / 2));

function begin(
  name: string,
  shape: readonly number[],
  seed: number,
): Float32Array {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  if (shape.length === 1) return beginVector(name, data);
  const [out, from, height, width] = shape as [number, number, number, number];
  const fanIn = from * height * width;
  const small = name.includes(".conv2.") || name.includes("conv_out")
    ? 0.05
    : 0.3;
  const stream = random(seed, "vae", name);
  for (let i = 0; i < data.length; i++) {
    data[i] = stream.normal() * small / Math.sqrt(fanIn);
  }
  const set = (o: number, i: number, value: number, reach = 1) => {
    for (let r = 0; r < height * width; r++) {
      data[(o * from + i) * height * width + r] = 0;
    }
    const middle = reach === 2 ? 0 : (height - 1) / 2;
    for (let y = middle; y < middle + reach; y++) {
      for (let x = middle; x < middle + reach; x++) {
        data[((o * from + i) * height + y) * width + x] = value / reach ** 2;
      }
    }
  };
  const clear = (o: number) => data.fill(0, o * fanIn, (o + 1) * fanIn);
  if (name.includes("conv_in")) {
    for (let o = 0; o < carriers; o++) clear(o);
    for (let c = 0; c < 3; c++) {
      set(c, c, 1);
      set(3 + c, c, -1);
    }
  } else if (name.includes("conv_shortcut") || name.includes("samplers")) {
    const reach = name.includes("downsamplers") ? 2 : 1;
    for (let o = 0; o < Math.min(carriers, out); o++) {
      clear(o);
      set(o, o, 1, reach);
    }
  } else if (name.includes("quant_conv")) {
    for (let o = 0; o < out; o++) {
      clear(o);
      set(o, o, 1);
    }
  } else if (name.includes("conv_out")) {
    for (let c = 0; c < 3; c++) {
      clear(c);
      set(c, c, deviation(from));
      set(c, 3 + c, -deviation(from));
    }
  } else if (name.includes(".conv2.")) {
    for (let o = 0; o < Math.min(carriers, out); o++) clear(o);
  }
  return data;
}

function beginVector(name: string, data: Float32Array): Float32Array {
  if (/norm\d?\.weight$|norm_out\.weight$/.test(name)) data.fill(1);
  if (name.endsWith("conv_in.bias")) {
    data[6] = constant;
    data[7] = -constant;
  }
  // The encoder's second half of moments are logarithms of variances: begin nearly certain.
  if (name === "encoder.conv_out.bias") data.fill(-6, data.length / 2);
  return data;
}
