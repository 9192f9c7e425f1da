import { assertThrows } from "@std/assert";
import { checkOptions } from "../../../lib/core/check_options.ts";
import {
  editKinds,
  type EditOptions,
} from "../../../lib/scene_data/edit_options.ts";

Deno.test("a fault of one of several controls names its place in the list", () => {
  const image = "depth.png";
  const controls = [
    { model: "depth", image },
    { model: "pose", image, scale: -9 },
  ];
  const rules = { of: "generate", fields: editKinds };
  assertThrows(
    () => checkOptions<EditOptions>({ controls }, rules),
    RangeError,
    "Option scale of controls[1] of generate is -9",
  );
  assertThrows(
    () => checkOptions<EditOptions>({ controls: [controls[0], 7] }, rules),
    TypeError,
    "Option controls[1] of generate must be ",
  );
});
