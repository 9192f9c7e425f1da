/** Boxes over a picture: those requested, and those found. */

import { classIndex } from "../../../lib/scoring/class_index.ts";
import { boxIou } from "../../../lib/scoring/detectors/nms.ts";
import type { Detection } from "../../../lib/pipeline/options/rulers.ts";
import { leastScore } from "../../../lib/scoring/score_picture.ts";
import type { PictureRecord } from "../record.ts";
import { escapeHtml } from "../../../lib/core/escape_html.ts";

/** Requested and found boxes as SVG that fills the picture, and the instances' numbers. */
export function overlay(
  { instances, detections }: PictureRecord,
  classes: readonly string[],
): string {
  const asked = instances.map(({ box, category }, i) => ({
    box,
    title: `requested: ${category ?? `instance ${i + 1}`}`,
  }));
  const found = instances.flatMap(({ box, category }) =>
    bestFit(box, detections, classIndex(classes, category)) ?? []
  );
  const shapes = [
    ...asked.map(({ box, title }) => rectangle(box, "ask", title)),
    ...found.map(({ one, right, iou }) =>
      rectangle(
        one.box,
        right ? "found" : "other",
        `found: ${classes[one.category] ?? "object"}, score ${
          one.score.toFixed(2)
        }, IoU ${iou.toFixed(2)}`,
      )
    ),
  ];
  const numbers = instances.length < 2
    ? []
    : instances.map(({ box: [x0, y0] }, i) =>
      `<i style="left:${percent(x0)};top:${percent(y0)}">${i + 1}</i>`
    );
  return `<svg viewBox="0 0 1 1" preserveAspectRatio="none">${
    shapes.join("")
  }</svg>${numbers.join("")}`;
}

/** Legend of the line styles. */
export const legend: string = `<p class="legend">${
  [
    ["ask", "requested"],
    ["found", "found, of the class where it is known"],
    ["other", "found, but of another class: does not count"],
  ].map(([kind, words]) =>
    `<span><svg viewBox="0 0 32 16">${
      rectangle([0.1, 0.15, 0.9, 0.85], kind!, undefined, [32, 16])
    }</svg>${words}</span>`
  ).join("")
}</p>`;

/** The detection that counts for an instance, else the one of another class that fits it best. */
function bestFit(
  box: readonly number[],
  detections: readonly Detection[],
  category: number | undefined,
): { one: Detection; right: boolean; iou: number } | undefined {
  const fits = detections.filter(({ score }) => score >= leastScore)
    .map((one) => ({
      one,
      iou: boxIou(one.box, box),
      right: category === undefined || one.category === category,
    }))
    .filter(({ iou }) => iou > 0.1)
    .sort((a, b) => b.iou - a.iou);
  return fits.find(({ right }) => right) ?? fits[0];
}

function rectangle(
  [x0, y0, x1, y1]: readonly number[],
  kind: string,
  title?: string,
  [across, down]: readonly [number, number] = [1, 1],
): string {
  const [x, y, width, height] = [
    ...[x0! * across, y0! * down],
    ...[(x1! - x0!) * across, (y1! - y0!) * down],
  ].map((value) => Number(value.toFixed(4)));
  const place = `x="${x}" y="${y}" width="${width}" height="${height}"`;
  const words = title ? `<title>${escapeHtml(title)}</title>` : "";
  return `<rect class="${kind} halo" ${place}/><rect class="${kind}" ${place}>${words}</rect>`;
}

function percent(fraction: number): string {
  return `${Number((100 * fraction).toFixed(2))}%`;
}
