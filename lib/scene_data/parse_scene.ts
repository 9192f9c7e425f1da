import * as v from "valibot";
import { mustBe } from "../core/check_options.ts";
import { belongs, whole } from "../core/kinds.ts";
import { LocRefError } from "../core/error.ts";
import { isPlain } from "../core/known_keys.ts";
import { type Box, box, resolveBox } from "./box.ts";
import { instanceName } from "./instance_name.ts";
import { completeEdits } from "./edit_schema.ts";
import { completeInstance } from "./instance.ts";
import type { SceneData } from "./scene_data.ts";
import {
  type boxSchema,
  type instanceSchema,
  sceneSchema,
} from "./scene_schema.ts";
import { describeIssue, isUnknownKey } from "./scene_issue.ts";

/**
 * The data of a scene, from JSON that a program or a person wrote; what is left out gets its
 * default.
 *
 * @throws {LocRefError} `scene-invalid`, naming the key or the instance.
 */
export function parseScene(json: unknown): SceneData {
  refuseWorkflow(json);
  const result = v.safeParse(sceneSchema, json);
  if (!result.success) {
    // an unknown key explains a missing one
    const issue = result.issues.find(isUnknownKey) ?? result.issues[0];
    throw new LocRefError("scene-invalid", describeIssue(issue));
  }
  const { version, size, caption, negative, overlap, instances, ...edits } =
    result.output;
  checkSize(size);
  return {
    version,
    ...(size && { size }),
    caption,
    negative,
    ...(overlap && { overlap }),
    ...completeEdits(edits),
    instances: instances.map((given, index) => {
      const instance = { ...given, ...picturesIn(given, index) };
      const name = instanceName(instance, index);
      const resolved = resolveBox(toBox(instance.box), size, name);
      return completeInstance({ ...instance, box: resolved }, index);
    }),
  };
}

/** A workflow of ComfyUI, as its interface or its server writes it, has no key of a scene. */
function refuseWorkflow(json: unknown): void {
  if (!isPlain(json)) return;
  const { nodes, links } = json as { nodes?: unknown; links?: unknown };
  const isNode = (one: unknown) => isPlain(one) && "class_type" in one;
  const drawn = Array.isArray(nodes) && Array.isArray(links);
  if (!drawn && !Object.values(json).some(isNode)) return;
  throw new LocRefError(
    "scene-invalid",
    'Scene: this is a workflow of ComfyUI, which is not run: write a scene, such as {"caption": "a red apple"}, and give model, sampler and LoRAs as options',
  );
}

/** The pictures of an instance, which stand in one list or in two keys. */
function picturesIn(
  { reference, others }: v.InferOutput<typeof instanceSchema>,
  index: number,
): { reference: string; others?: readonly string[] } {
  if (typeof reference === "string") {
    return { reference, ...(others && { others }) };
  }
  const [first, ...more] = reference;
  const here = `Scene: instances[${index}]`;
  if (first === undefined) {
    throw new LocRefError(
      "scene-invalid",
      `${here}.reference must hold a path or URL, got an empty list`,
    );
  }
  if (others !== undefined) {
    throw new LocRefError(
      "scene-invalid",
      `${here} has a list as its reference and others beside it: put all pictures into one`,
    );
  }
  return { reference: first, others: more };
}

const length = whole({ min: 1, max: 16384 });

/**
 * Checks a scene's own size.
 *
 * @throws {LocRefError} `scene-invalid` unless both are whole numbers from 1 to 16384.
 */
export function checkSize(
  size: { readonly width: number; readonly height: number } | undefined,
): void {
  for (const [side, value] of Object.entries(size ?? {})) {
    if (belongs(value, length)) continue;
    throw new LocRefError(
      "scene-invalid",
      `Scene: ${side} ${mustBe(value, length)}${
        typeof value === "number"
          ? ""
          : ": the size is two numbers, scene(width, height)"
      }`,
    );
  }
}

function toBox(given: v.InferOutput<typeof boxSchema>): Box {
  if ("x0" in given) {
    return box.fraction(given.x0, given.y0, given.x1, given.y1);
  }
  if ("xyxy" in given) return box.xyxy(...given.xyxy);
  if ("xywh" in given) return box.xywh(...given.xywh);
  if ("centre" in given) return box.centre(...given.centre);
  if ("fraction" in given) return box.fraction(...given.fraction);
  return box.percent(...given.percent);
}
