import type { ExportFormat } from "./export_format.ts";

/**
 * An entry of `meta_list` in GLIGEN's `gligen_inference.py`, for its model of text and pictures:
 * `locations` are left, upper, right and lower edge as fractions.
 */
export const gligen: ExportFormat = {
  name: "gligen",
  title: "GLIGEN",
  oneFileEach: false,
  scene: ({ key, caption, instances }) => ({
    ckpt: "../gligen_checkpoints/checkpoint_generation_text_image.pth",
    prompt: caption,
    phrases: instances.map(({ phrase }) => phrase),
    images: instances.map(({ reference }) => reference),
    locations: instances.map(({ box }) => box),
    alpha_type: [1, 0, 0],
    save_folder_name: key,
  }),
  guide:
    `Put the scenes in the place of \`meta_list\` in \`gligen_inference.py\`:

\`\`\`python
meta_list = json.load(open("DIR/scenes.json"))
for meta in meta_list:
    meta["images"] = [os.path.join("DIR", path) for path in meta["images"]]
\`\`\`

and run it with \`--batch_size 1\`. Each scene's picture lies in \`generation_samples/KEY/\`.`,
};
