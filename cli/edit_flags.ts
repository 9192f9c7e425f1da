/** The command line's form of pictures to begin on, saved pictures that are painted on, and controls. */

import {
  numberOf,
  option,
  parseNumber,
  repeated,
  text,
  toggle,
  type Values,
  whole,
} from "../lib/core/command/option.ts";
import { number as aNumber } from "../lib/core/kinds.ts";
import { suggestion } from "../lib/core/known_keys.ts";
import { quote } from "../lib/core/quote.ts";
import { seedOption } from "../lib/pipeline/options/command_options.ts";
import { UsageError } from "../lib/core/command/usage.ts";
import { type Box, box } from "../lib/scene_data/box.ts";
import { controlKinds } from "../lib/scene_data/control_data.ts";
import { initKinds } from "../lib/scene_data/init_data.ts";
import { withoutUndefined } from "../lib/core/without_undefined.ts";
import type {
  ControlOptions,
  EditOptions,
} from "../lib/scene_data/edit_options.ts";
import { checkCompany } from "./edit_company.ts";

/** Options of editing. */
export const editFlags = {
  init: text("FILE", "picture to begin on (image to image)"),
  inpaint: text("FILE", "picture of which a part is painted anew"),
  mask: text("FILE", "mask of --inpaint: white is painted anew"),
  instance: whole("instance of --inpaint whose box is painted, from 0"),
  on: text("FILE", "photograph that the scene's references are placed in"),
  harmonize: numberOf(
    initKinds.strength!,
    "how freely --on fits the references in, above 0 up to 1",
    { otherwise: "0.8" },
  ),
  again: repeated(text(
    "INSTANCE",
    "instance of a PNG file that generate wrote, which is painted anew in its box: its number from 0, its caption, or the name of its reference's file",
  )),
  without: repeated(
    text("INSTANCE", "instance that is taken out of such a PNG file"),
  ),
  reference: text("FILE", "another reference of the instance of --again"),
  box: option(
    {
      must: "LEFT,TOP,RIGHT,BOTTOM in per cent, such as 50,5,90,50",
      parse: parseBox,
    },
    "another place of the instance of --again, in per cent of the picture; the old one is freed",
    { value: "LEFT,TOP,RIGHT,BOTTOM" },
  ),
  caption: text("TEXT", "another caption of the instance of --again"),
  margin: whole("pixels around an old place that are freed, too", {
    ...{ min: 0, max: 4096 },
    otherwise: "a sixth of its box's longer side",
  }),
  strength: numberOf(
    initKinds.strength!,
    "how much of the run --init, --inpaint, --again or --without takes, above 0 up to 1",
    { otherwise: "0.6 for --init, else 1" },
  ),
  feather: whole("width of the blend around what is painted, in pixels", {
    ...{ min: 0, max: 4096, otherwise: "a 64th of the shorter side" },
  }),
  padding: whole(
    "paint only the masked part, with so many pixels around, at full resolution",
    { min: 0, max: 4096 },
  ),
  control: repeated(option(
    { must: "MODEL=FILE, with settings behind it", parse: parseControl },
    "ControlNet or T2I-Adapter, its picture, and its settings: :SCALE, start=N and end=N (fractions of the run), instance=N (its region), edges=canny or soft, guess, masked",
    { value: "MODEL=FILE[:SCALE][,SETTING…]" },
  )),
  style: text(
    "CAPTION",
    "caption of a style that pictures share (adapter style-aligned)",
  ),
  styleImage: text("FILE", "photograph in the style of --style"),
  styleSeed: seedOption("seed of the picture that is made of --style", {
    otherwise: "0",
  }),
  canny: toggle("take edges of the controls' pictures"),
};

/** Settings of a control with a value. */
const controlValues: Readonly<
  Record<string, (value: string) => Partial<ControlOptions> | undefined>
> = {
  scale: numberAs("scale"),
  start: numberAs("start"),
  end: numberAs("end"),
  instance: numberAs("instance"),
  edges: (value) =>
    value === "canny" || value === "soft" ? { edges: value } : undefined,
};

function numberAs(key: "scale" | "start" | "end" | "instance") {
  const kind = controlKinds[key]!;
  return (text: string): Partial<ControlOptions> | undefined => {
    const value = parseNumber(text, kind);
    return value === undefined ? undefined : { [key]: value };
  };
}

/** Settings of a control that stand alone. */
const controlSwitches = ["guess", "masked"] as const;

/** `50,5,90,50` */
function parseBox(given: string): Box | undefined {
  const edges = given.split(",").map((one) =>
    parseNumber(one.trim(), aNumber({ min: 0, max: 100 }))
  );
  if (edges.length !== 4 || edges.includes(undefined)) return undefined;
  return box.percent(...edges as [number, number, number, number]);
}

/** `org/repo=pose.png:0.8,start=0.2,end=0.6,guess`. */
function parseControl(given: string): ControlOptions | undefined {
  let rest = given;
  const settings: Partial<ControlOptions>[] = [];
  for (;;) {
    const [all, key, value] = /,([a-z]+)(?:=([^,=]*))?$/i.exec(rest) ?? [];
    if (all === undefined) break;
    settings.unshift(settingOf(key!, value));
    rest = rest.slice(0, -all.length);
  }
  // a scale is what looks like a number, wrong ones too, so that they are no part of the path
  const match = /^(.+?)=(.+?)(?::([+-]?\.?\d[\d.]*%?))?$/.exec(rest);
  if (match === null) return undefined;
  const [, model, image, scale] = match;
  if (scale !== undefined) settings.push(settingOf("scale", scale));
  refuseTwice(settings);
  return {
    model: model!,
    image: image!,
    ...Object.assign({}, ...settings) as Partial<ControlOptions>,
  };
}

function refuseTwice(settings: readonly Partial<ControlOptions>[]): void {
  const keys = settings.flatMap((one) => Object.keys(one));
  const twice = keys.find((key, i) => keys.indexOf(key) < i);
  if (twice === undefined) return;
  throw new UsageError(
    `Setting ${quote(twice)} of --control is given twice: give it once`,
  );
}

/** One setting of `--control`. */
function settingOf(
  key: string,
  value: string | undefined,
): Partial<ControlOptions> {
  const name = `Setting ${quote(key)} of --control`;
  const isSwitch = controlSwitches.find((one) => one === key);
  if (isSwitch !== undefined) {
    if (value === undefined) return { [isSwitch]: true };
    throw new UsageError(`${name} takes no value, got ${quote(value)}`);
  }
  const read = Object.hasOwn(controlValues, key)
    ? controlValues[key]
    : undefined;
  if (read === undefined) {
    const known = [...Object.keys(controlValues), ...controlSwitches];
    throw new UsageError(`${name} is not known${suggestion(key, known)}`);
  }
  const setting = value === undefined ? undefined : read(value);
  if (setting !== undefined) return setting;
  throw new UsageError(
    `${name} takes ${controlKinds[key]!.must}, got ${
      value === undefined ? "nothing" : quote(value)
    }`,
  );
}

/**
 * The edits that were given on the command line.
 *
 * @throws {UsageError} if options do not go together.
 */
export function editsOfFlags(values: Values<typeof editFlags>): EditOptions {
  checkCompany(values);
  const { init, inpaint, mask, instance, strength, feather, padding } = values;
  const { control = [], canny, style, styleImage, styleSeed } = values;
  const edges = canny ? { edges: "canny" as const } : {};
  return {
    ...(init !== undefined &&
      { init: withoutUndefined({ image: init, strength }) }),
    ...(inpaint !== undefined && {
      inpaint: withoutUndefined({
        image: inpaint,
        ...{ mask, instance, strength, feather, padding },
      }),
    }),
    ...(style !== undefined && {
      style: withoutUndefined({
        caption: style,
        image: styleImage,
        seed: styleSeed,
      }),
    }),
    ...(control.length > 0 && {
      controls: control.map((one) => ({ ...edges, ...one })),
    }),
  };
}
