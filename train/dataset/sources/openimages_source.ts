import { UsageError } from "../../../lib/core/command/usage.ts";
import { needed, text } from "../../../lib/core/command/option.ts";
import { type DatasetSource, defineSource } from "./dataset_source.ts";
import { openOpenImages } from "./openimages.ts";

/** OpenImages' boxes, with the files beside them. */
export const openImagesSource: DatasetSource = defineSource({
  name: "openimages",
  title: "OpenImages",
  summary: "OpenImages' boxes as CSV",
  value: "BOXES.csv",
  options: {
    descriptions: needed(
      text("CLASSES.csv", "class-descriptions-boxable.csv"),
    ),
    metadata: text("FILE", "image metadata with rotation"),
    masks: text("FILE", "segmentation CSV"),
    maskImages: text("DIR|ZIP", "PNG files that --masks names"),
    hierarchy: text(
      "FILE",
      "bbox_labels_600_hierarchy.json: a class stands for its children too",
    ),
  },
  selectsClasses: true,
  async open(path, { options, classes }) {
    const { descriptions, metadata, masks, maskImages, hierarchy } = options;
    if ((masks === undefined) !== (maskImages === undefined)) {
      throw new UsageError("Options --masks and --mask-images go together");
    }
    const source = await openOpenImages(path, {
      ...{ classes: descriptions, metadata, masks, hierarchy, only: classes },
    });
    return { ...source, maskImages };
  },
});
