import type { ExportFormat } from "./export_format.ts";

/**
 * The file that InstanceDiffusion's `inference.py --input_json` reads: `bbox` is left and upper edge,
 * width and height in pixels. It takes no references.
 */
export const instanceDiffusion: ExportFormat = {
  name: "instance-diffusion",
  title: "InstanceDiffusion",
  oneFileEach: true,
  scene: ({ caption, width, height, instances }) => ({
    caption,
    width,
    height,
    annos: instances.map(({ phrase, box: [x0, y0, x1, y1] }) => ({
      bbox: [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height],
      mask: [],
      category_name: "",
      caption: phrase,
    })),
  }),
  guide: `Each scene is a file of its own:

\`\`\`sh
for scene in DIR/scenes/*.json; do
  python inference.py --num_images 1 --input_json "$scene" --ckpt pretrained/instancediffusion_sd15.pth \\
    --output "OUT/$(basename "$scene" .json)" --seed 0
done
\`\`\`

InstanceDiffusion reads no reference pictures.`,
};
