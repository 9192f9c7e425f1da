import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { parsePreprocessorConfig } from "../../../../lib/weights/configs/preprocessor_config.ts";

const usual = { image_mean: [0.4, 0.4, 0.4], image_std: [0.2, 0.2, 0.2] };
const mean = [0.485, 0.456, 0.406];
const std = [0.229, 0.224, 0.225];

function parse(value: unknown) {
  return parsePreprocessorConfig(value, { file: "p.json" }, usual);
}

Deno.test("public image processors are read without a word", () => {
  const rows: [unknown, unknown][] = [
    [{}, usual],
    // DINOv2
    [{
      crop_size: { height: 224, width: 224 },
      do_center_crop: true,
      do_convert_rgb: true,
      do_normalize: true,
      do_rescale: true,
      do_resize: true,
      image_mean: mean,
      image_processor_type: "BitImageProcessor",
      image_std: std,
      resample: 3,
      rescale_factor: 0.00392156862745098,
      size: { shortest_edge: 256 },
    }, { side: 224, image_mean: mean, image_std: std }],
    // DINO
    [{
      do_normalize: true,
      do_resize: true,
      feature_extractor_type: "ViTFeatureExtractor",
      image_mean: mean,
      image_std: std,
      resample: 2,
      size: 224,
    }, { side: 224, image_mean: mean, image_std: std }],
    // BLIP
    [{
      do_normalize: true,
      do_pad: true,
      do_rescale: true,
      do_resize: true,
      image_mean: mean,
      image_processor_type: "BlipImageProcessor",
      image_std: std,
      processor_class: "BlipProcessor",
      resample: 3,
      rescale_factor: 0.00392156862745098,
      size: { height: 384, width: 384 },
      size_divisor: 32,
    }, { side: 384, image_mean: mean, image_std: std }],
    [{ do_normalize: false, image_mean: mean }, {
      image_mean: [0, 0, 0],
      image_std: [1, 1, 1],
    }],
    [{ size: null, crop_size: null, image_mean: null, image_std: null }, usual],
  ];
  for (const [value, config] of rows) {
    assertEquals(parse(value), { config, warnings: [] } as never);
  }
});

Deno.test("what an image processor cannot be is refused with its key", () => {
  const rows: [unknown, string][] = [
    [{ size: "large" }, 'key "size" must be a whole number from 1 to 4096'],
    [{ size: 1e9 }, 'key "size" must be'],
    [{ size: { height: 224, width: 112 } }, 'key "size" must be a square'],
    [{ crop_size: { longest_edge: 3 } }, 'key "crop_size" must be'],
    [{ image_mean: 0.5 }, 'key "image_mean" must be a list of three numbers'],
    [{ image_mean: [0.5, 0.5, NaN] }, 'key "image_mean" must be'],
    [{ image_std: [0, 0.2, 0.2] }, 'key "image_std" must be'],
    [{ do_rescale: false }, 'key "do_rescale" must be true, got false'],
    [{ rescale_factor: 1 }, 'key "rescale_factor" must be 1/255, got 1'],
    [[], "must hold a JSON object"],
  ];
  for (const [value, message] of rows) {
    const error = assertThrows(() => parse(value), LocRefError);
    assertEquals(error.code, "config-invalid");
    assertStringIncludes(error.message, message);
  }
});

Deno.test("a key that no image processor knows is a warning", () => {
  const { warnings } = parse({ image_meen: mean });
  assertStringIncludes(warnings.join(), 'did you mean "image_mean"?');
});
