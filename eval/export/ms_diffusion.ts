import type { ExportFormat } from "./export_format.ts";

/**
 * MS-Diffusion's `prompt`, `phrases`, `boxes` and `input_images`, as in its `inference.py`: boxes are
 * left, upper, right and lower edge as fractions.
 */
export const msDiffusion: ExportFormat = {
  name: "ms-diffusion",
  title: "MS-Diffusion",
  oneFileEach: false,
  scene: ({ key, caption, instances }) => ({
    key,
    prompt: caption,
    phrases: instances.map(({ phrase }) => phrase),
    boxes: instances.map(({ box }) => box),
    images: instances.map(({ reference }) => reference),
  }),
  guide: `In \`inference.py\`, once \`ms_model\` exists:

\`\`\`python
for scene in json.load(open("DIR/scenes.json")):
    input_images = [Image.open(os.path.join("DIR", path)).convert("RGB").resize((512, 512)) for path in scene["images"]]
    prompt, phrases, boxes = scene["prompt"], [scene["phrases"]], [scene["boxes"]]
    phrase_idxes = [get_phrases_idx(pipe.tokenizer, phrases[0], prompt)]
    eot_idxes = [[get_eot_idx(pipe.tokenizer, prompt)] * len(phrases[0])]
    images = ms_model.generate(pipe=pipe, pil_images=[input_images], num_samples=1, num_inference_steps=30, seed=0,
        prompt=[prompt], scale=0.6, image_encoder=image_encoder, image_processor=image_processor, boxes=boxes,
        image_proj_type=image_proj_type, image_encoder_type=image_encoder_type, phrases=phrases,
        drop_grounding_tokens=[0], phrase_idxes=phrase_idxes, eot_idxes=eot_idxes, height=1024, width=1024)
    images[0].save(f"PICTURES/{scene['key']}.png")
\`\`\`

It looks for each phrase's words in the prompt; a missing one has no attention map.`,
};
