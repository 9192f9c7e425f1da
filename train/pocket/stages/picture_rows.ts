import sharp from "sharp";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";

/** How many times a pixel is enlarged. */
const zoom = 3;

/** Draws rows of pictures `[N, 3, side, side]` (−1..1) one below the other as a PNG file. */
export async function writeSheet(
  path: string,
  rows: readonly Tensor[],
): Promise<void> {
  const [count, , side] = rows[0]!.shape as [number, number, number];
  const width = count * side, height = rows.length * side;
  const pixels = new Uint8Array(3 * width * height);
  for (const [row, { data }] of rows.entries()) {
    for (const [i, value] of data.entries()) {
      const x = i % side, y = Math.floor(i / side) % side;
      const plane = Math.floor(i / side ** 2);
      const n = Math.floor(plane / 3), c = plane % 3;
      const at = (row * side + y) * width + n * side + x;
      const level = Math.min(255, Math.max(0, (value + 1) * 127.5));
      pixels[3 * at + c] = Math.floor(level);
    }
  }
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(width * zoom, height * zoom, { kernel: "nearest" })
    .png()
    .toBuffer();
  await writeFileAtomically(path, new Uint8Array(png));
}
