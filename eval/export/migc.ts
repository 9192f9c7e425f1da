import type { ExportFormat } from "./export_format.ts";

/**
 * The arguments of the pipeline in MIGC's `inference_single_image.py`: `prompt` begins with that of
 * the whole picture, `bboxes` are left, upper, right and lower edge as fractions. It takes no
 * references.
 */
export const migc: ExportFormat = {
  name: "migc",
  title: "MIGC",
  oneFileEach: false,
  scene: ({ key, caption, instances }) => ({
    key,
    prompt: [caption, ...instances.map(({ phrase }) => phrase)],
    bboxes: instances.map(({ box }) => box),
  }),
  guide: `In \`inference_single_image.py\`, once \`pipe\` exists:

\`\`\`python
for scene in json.load(open("DIR/scenes.json")):
    seed_everything(0)
    image = pipe([scene["prompt"]], [scene["bboxes"]], num_inference_steps=50, guidance_scale=7.5,
                 MIGCsteps=25, aug_phase_with_and=False, negative_prompt=negative_prompt).images[0]
    image.save(f"PICTURES/{scene['key']}.png")
\`\`\`

MIGC reads no reference pictures.`,
};
