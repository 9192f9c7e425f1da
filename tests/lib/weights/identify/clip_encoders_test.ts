import { assertEquals } from "@std/assert";
import {
  clipEncoderOf,
  encoderAdvice,
} from "../../../../lib/weights/identify/clip_encoders.ts";

const bigG = "h94/IP-Adapter/sdxl_models/image_encoder";
const vitH = "h94/IP-Adapter/models/image_encoder";

Deno.test("a width of 1280 is bigG's for projections and ViT-H's for hidden states", () => {
  assertEquals(clipEncoderOf("projection", 1280)?.folder, bigG);
  assertEquals(clipEncoderOf("hidden", 1280)?.folder, vitH);
  assertEquals(clipEncoderOf("projection", 1024)?.folder, vitH);
  assertEquals(clipEncoderOf("hidden", 1664)?.folder, bigG);
});

Deno.test("other widths belong to no public image encoder", () => {
  assertEquals(clipEncoderOf("projection", 1664), undefined);
  assertEquals(clipEncoderOf("hidden", undefined), undefined);
});

Deno.test("the sentence about a wrong image encoder names the right folder", () => {
  assertEquals(
    encoderAdvice("hidden", 1280),
    `: give the image encoder of CLIP ViT-H/14, "${vitH}"`,
  );
  assertEquals(encoderAdvice("projection", 40), "");
});
