import sharp from "sharp";
import { writeFileAtomically } from "../../../lib/core/write_file.ts";
import type { Tf, TfTensor } from "../../loop/tf.ts";

/** How many times a pixel is enlarged. */
const zoom = 3;

/** Draws rows of pictures (images of the device, −1..1) one below the other as a PNG file. */
export async function writeSheet(
  tf: Tf,
  path: string,
  rows: readonly TfTensor[],
): Promise<void> {
  const sheet = tf.tidy(() => {
    const lines = rows.map((row) => tf.concat(tf.unstack(row), 1));
    const values = tf.concat(lines, 0);
    return tf.cast(
      tf.clipByValue(tf.mul(tf.add(values, 1), 127.5), 0, 255),
      "int32",
    );
  });
  const [height, width] = sheet.shape as [number, number];
  const pixels = Uint8Array.from(await sheet.data());
  sheet.dispose();
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(width * zoom, height * zoom, { kernel: "nearest" })
    .png()
    .toBuffer();
  await writeFileAtomically(path, new Uint8Array(png));
}
