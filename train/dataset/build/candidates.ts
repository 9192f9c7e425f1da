import { type DecodedPicture, turnBox } from "./picture/decode_picture.ts";
import type { Candidate } from "../sources/filters.ts";
import type { Problem, SourcePicture } from "../sources/source.ts";

/** The instances of a picture with their boxes in its pixels; faults go into `problems`. */
export function candidatesIn(
  picture: SourcePicture,
  decoded: DecodedPicture,
  problems: Problem[],
): Candidate[] {
  const { width, height } = decoded;
  const pixels = picture.unit === "pixel";
  const statedWidth = pixels ? picture.width ?? width : 1;
  const statedHeight = pixels ? picture.height ?? height : 1;
  if (pixels && (statedWidth !== width || statedHeight !== height)) {
    problems.push({
      where: picture.file,
      what:
        `Has ${width} × ${height} pixels, the annotations say ${statedWidth} × ${statedHeight}; boxes are scaled`,
    });
  }
  return picture.instances.map((instance) => {
    const [x0, y0, x1, y1] = turnBox([
      instance.box[0] / statedWidth,
      instance.box[1] / statedHeight,
      instance.box[2] / statedWidth,
      instance.box[3] / statedHeight,
    ], decoded.turn);
    const slack = 1 / Math.max(width, height);
    if (x0 < -slack || y0 < -slack || x1 > 1 + slack || y1 > 1 + slack) {
      problems.push({
        where: `${picture.file}, annotation ${instance.id}`,
        what: `The box [${instance.given.join(", ")}] leaves the picture`,
      });
    }
    const clip = (value: number) => Math.min(1, Math.max(0, value));
    return {
      instance,
      box: [
        clip(x0) * width,
        clip(y0) * height,
        clip(x1) * width,
        clip(y1) * height,
      ],
    };
  });
}
