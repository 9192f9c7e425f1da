import { openCoco } from "./coco.ts";
import { type DatasetSource, defineSource } from "./dataset_source.ts";

/** COCO's annotations, and captions beside them. */
export const cocoSource: DatasetSource = defineSource({
  name: "coco",
  title: "COCO",
  summary: "COCO's instances.json",
  value: "ANNOTATIONS.json",
  captions: "COCO's captions file",
  open: (path, { captions }) => openCoco(path, { captions }),
});
