/** The command line's form of pictures to begin on and controls. */

import {
  number,
  option,
  parseNumber,
  repeated,
  text,
  toggle,
  type Values,
  whole,
} from "../lib/core/command/option.ts";
import { suggestion } from "../lib/core/known_keys.ts";
import { quote } from "../lib/core/quote.ts";
import { seedOption } from "../lib/pipeline/options/command_options.ts";
import { UsageError } from "../lib/core/command/usage.ts";
import { controlKinds } from "../lib/scene_data/control_data.ts";
import { withoutUndefined } from "../lib/scene_data/instance.ts";
import type {
  ControlOptions,
  EditOptions,
} from "../lib/scene_data/edit_options.ts";

/** Options of editing. */
export const editFlags = {
  init: text("FILE", "picture to begin on (image to image)"),
  inpaint: text("FILE", "picture of which a part is painted anew"),
  mask: text("FILE", "mask of --inpaint: white is painted anew"),
  instance: whole("instance of --inpaint whose box is painted, from 0"),
  strength: number("how much of the run --init or --inpaint takes", {
    ...{ min: 0, max: 1, otherwise: "0.6 and 1" },
  }),
  feather: whole("width of the blend of --inpaint, in pixels", {
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
  const match = /^(.+?)=(.+?)(?::(\d+(?:\.\d+)?))?$/.exec(rest);
  if (match === null) return undefined;
  const [, model, image, scale] = match;
  return {
    model: model!,
    image: image!,
    ...(scale !== undefined && { scale: Number(scale) }),
    ...Object.assign({}, ...settings) as Partial<ControlOptions>,
  };
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

/** Options that go with others, which one of must be given beside them. */
const goesWith: readonly [
  keyof typeof editFlags,
  readonly (keyof typeof editFlags)[],
][] = [
  ["mask", ["inpaint"]],
  ["instance", ["inpaint"]],
  ["feather", ["inpaint"]],
  ["padding", ["inpaint"]],
  ["strength", ["init", "inpaint"]],
  ["canny", ["control"]],
  ["styleImage", ["style"]],
  ["styleSeed", ["style"]],
];

/**
 * The edits that were given on the command line.
 *
 * @throws {UsageError} if an option would do nothing, since the one that it goes with is missing.
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

/** An option's name as it is typed. */
function typed(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function checkCompany(values: Values<typeof editFlags>): void {
  const isGiven = (name: keyof typeof editFlags) => {
    const value = values[name];
    return Array.isArray(value)
      ? value.length > 0
      : value !== undefined && value !== false;
  };
  for (const [name, others] of goesWith) {
    if (!isGiven(name) || others.some(isGiven)) continue;
    throw new UsageError(
      `Option ${typed(name)} goes with ${
        others.map(typed).join(" or ")
      }, which is missing`,
    );
  }
  if (isGiven("init") && isGiven("inpaint")) {
    throw new UsageError(
      "Options --init and --inpaint both begin on a picture: --inpaint takes --strength, too",
    );
  }
  if (isGiven("inpaint") && !isGiven("mask") && !isGiven("instance")) {
    throw new UsageError(
      "Option --inpaint needs --mask or --instance, which say what is painted anew",
    );
  }
}
