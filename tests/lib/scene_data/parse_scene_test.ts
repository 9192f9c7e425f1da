import { assertThrows } from "@std/assert";
import { LocRefError } from "../../../lib/core/error.ts";
import { parseScene } from "../../../lib/scene_data/parse_scene.ts";

Deno.test("a workflow of ComfyUI is named, in both of its forms", () => {
  const workflows = [
    { "3": { class_type: "KSampler", inputs: { seed: 1 } } },
    { last_node_id: 9, nodes: [], links: [] },
  ];
  for (const workflow of workflows) {
    assertThrows(
      () => parseScene(workflow),
      LocRefError,
      "this is a workflow of ComfyUI, which is not run: write a scene",
    );
  }
});
