import { emptyLayer, type Layer, trimLayer } from "../stages/layer.ts";

/** How a layer is seen from another place. */
export interface Warp {
  /** Turn about the centre, in radians. */
  readonly angle: number;
  /** How much the scale changes from the middle to an edge, across and down. */
  readonly tilt: readonly [number, number];
}

/** The layer turned and seen in perspective, cut to what is visible of it. */
export function warpLayer(layer: Layer, { angle, tilt }: Warp): Layer {
  const cos = Math.cos(angle), sin = Math.sin(angle);
  const grow = 1 / (1 - Math.abs(tilt[0]) - Math.abs(tilt[1]));
  const reach = (a: number, b: number) =>
    Math.ceil((Math.abs(cos) * a + Math.abs(sin) * b) * grow) + 2;
  const width = reach(layer.width, layer.height);
  const height = reach(layer.height, layer.width);
  const half = Math.max(layer.width, layer.height) / 2;
  const warped = emptyLayer(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dx = x + 0.5 - width / 2, dy = y + 0.5 - height / 2;
      const across = cos * dx + sin * dy, down = cos * dy - sin * dx;
      const scale = 1 + (tilt[0] * across + tilt[1] * down) / half;
      if (scale <= 0) continue;
      const sx = across / scale + layer.width / 2 - 0.5;
      const sy = down / scale + layer.height / 2 - 0.5;
      addSample(layer, sx, sy, warped.data, (y * width + x) * 4);
    }
  }
  return trimLayer(warped);
}

/** Adds the bilinear value of `layer` at sx, sy to `out`; outside is transparent. */
function addSample(
  layer: Layer,
  sx: number,
  sy: number,
  out: Float32Array,
  to: number,
): void {
  const x0 = Math.floor(sx), y0 = Math.floor(sy);
  if (x0 < -1 || y0 < -1 || x0 >= layer.width || y0 >= layer.height) return;
  for (let j = 0; j < 2; j++) {
    for (let i = 0; i < 2; i++) {
      const x = x0 + i, y = y0 + j;
      if (x < 0 || y < 0 || x >= layer.width || y >= layer.height) continue;
      const weight = (1 - Math.abs(sx - x)) * (1 - Math.abs(sy - y));
      const from = (y * layer.width + x) * 4;
      for (let c = 0; c < 4; c++) {
        out[to + c]! += weight * layer.data[from + c]!;
      }
    }
  }
}

/** The layer mirrored from left to right. */
export function mirrorLayer(layer: Layer): Layer {
  const { width, height } = layer;
  const data = new Float32Array(layer.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 4;
      const to = (y * width + width - 1 - x) * 4;
      for (let c = 0; c < 4; c++) data[to + c] = layer.data[from + c]!;
    }
  }
  return { width, height, data };
}
