import { counted } from "../core/counted.ts";
import { LocRefError } from "../core/error.ts";
import { instanceName } from "../scene_data/instance_name.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { anyDenoiserSize } from "./any_size.ts";
import type { LoadedModel } from "./load/loaded_model.ts";
import { checkConditions } from "./options/condition_options.ts";
import { checkDecoders } from "./options/decode_options.ts";
import {
  chosenFusion,
  type PictureOptions,
} from "./options/picture_options.ts";
import { locrefAmong } from "../adapters/locref/locref_file.ts";
import { checkSteering } from "./options/steering_options.ts";
import { checkStart } from "./start/edited_part.ts";

/** Makes sure that a model reads what scene and options give it. */
export function checkFit(
  scene: SceneData,
  options: PictureOptions,
  model: LoadedModel,
): void {
  const { name, parts: { base, taesd } } = model;
  checkInstances(scene, model);
  checkSeveral(scene, model);
  checkStyle(scene, model);
  checkMethods(options, model);
  checkContent(options, model);
  checkConditions(options, { name, reads: base.reads });
  checkDecoders(options, { name, hasTaesd: taesd !== undefined });
  checkSteering(options, base.places(anyDenoiserSize));
  checkStart(scene, model);
}

/** Further pictures that no adapter reads would be left out in silence. */
function checkSeveral(
  { instances }: SceneData,
  { name, parts: { adapters } }: LoadedModel,
): void {
  const at = instances.findIndex(({ others }) => others !== undefined);
  const read = adapters.some(({ reads }) => reads.includes("several"));
  if (at < 0 || read) return;
  throw new LocRefError(
    "scene-invalid",
    `${
      instanceName(instances[at]!, at)
    }: the instance has several pictures, of which the adapter of model "${name}" (${
      adapters.map(({ kind }) => kind).join(", ")
    }) reads one: give one, or load a LocRef adapter or an IP-Adapter`,
  );
}

/** A style that no adapter reads would be left out in silence. */
function checkStyle(
  { style }: SceneData,
  { name, parts: { adapters } }: LoadedModel,
): void {
  const read = adapters.some(({ reads }) => reads.includes("style"));
  if (style === undefined || read) return;
  throw new LocRefError(
    "scene-invalid",
    `The scene has a style, which no adapter of model "${name}" reads: load it with { adapter: "style-aligned" }, beside others in a list`,
  );
}

/** Settings of an adapter that does not act would be left out in silence. */
function checkMethods(
  { methods = {} }: PictureOptions,
  { name, parts: { adapters } }: LoadedModel,
): void {
  const kinds = adapters.map(({ kind }) => kind);
  const other = Object.keys(methods).find((kind) => !kinds.includes(kind));
  if (other === undefined) return;
  throw new TypeError(
    `Option methods.${other} is given, but model "${name}" has ${
      kinds.length === 0 ? "no adapter" : `other adapters (${kinds.join(", ")})`
    }: load it with that adapter, or leave the option out`,
  );
}

/** A content that no adapter takes out of pictures would stay in them in silence. */
function checkContent(
  options: PictureOptions,
  { name, parts: { adapters } }: LoadedModel,
): void {
  const without = chosenFusion(options)?.without;
  if (without === undefined || locrefAmong(adapters) !== undefined) return;
  throw new RangeError(
    `Fusion option without is given, but model "${name}" has no LocRef adapter or IP-Adapter, whose pictures it acts on: leave the option out`,
  );
}

function checkInstances(
  scene: SceneData,
  { name, parts: { adapters } }: LoadedModel,
): void {
  const read = adapters.some(({ reads }) => reads.includes("instances"));
  if (scene.instances.length === 0 || read) return;
  throw new LocRefError(
    "scene-invalid",
    `Model "${name}" has no adapter${
      adapters.length > 0 ? " that reads references" : ""
    }, so the scene's ${
      counted(scene.instances.length, "reference")
    } cannot be used: load it with { adapter }`,
  );
}
