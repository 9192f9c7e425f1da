/** Provenance as it stands in a file, which anybody may have written. */

import { counted } from "../../core/counted.ts";
import * as v from "valibot";
import { quote, shorten } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { parseScene } from "../../scene_data/parse_scene.ts";
import type { Provenance } from "./provenance.ts";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const hash = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal digits"),
);
const side = v.pipe(v.number(), v.integer(), v.minValue(1));

/** Members that a replay reads; others are allowed. */
const schema = v.looseObject({
  scene: v.looseObject({}),
  seed: count,
  steps: v.pipe(v.number(), v.integer(), v.minValue(1)),
  guidance: v.pipe(v.number(), v.finite(), v.minValue(0)),
  guidanceInterval: v.optional(v.tuple([v.number(), v.number()])),
  deepEvery: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  sampler: v.union([v.string(), v.looseObject({ name: v.string() })]),
  eta: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  size: v.strictObject({ width: side, height: side }),
  captionTwo: v.optional(v.string()),
  negativeTwo: v.optional(v.string()),
  emptyNegative: v.optional(v.picklist(["zeros", "text"])),
  clipSkip: v.optional(count),
  captionWeights: v.optional(v.string()),
  longCaptions: v.optional(v.boolean()),
  sizes: v.optional(v.looseObject({})),
  guidanceRescale: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  freeu: v.optional(v.union([v.boolean(), v.looseObject({})])),
  pag: v.optional(v.union([v.number(), v.looseObject({})])),
  tiles: v.optional(v.boolean()),
  decoder: v.optional(v.picklist(["vae", "taesd"])),
  fusion: v.looseObject({}),
  methods: v.optional(v.looseObject({})),
  model: v.looseObject({
    name: v.string(),
    files: v.record(v.string(), hash),
    loras: v.optional(v.array(v.looseObject({
      path: v.string(),
      sha256: hash,
      scale: v.pipe(v.number(), v.finite()),
      textScale: v.pipe(v.number(), v.finite()),
    }))),
  }),
  backend: v.string(),
  references: v.array(hash),
  otherFiles: v.optional(v.array(v.record(v.string(), hash))),
  sceneFiles: v.optional(v.record(v.string(), hash)),
  enlarged: v.optional(v.looseObject({ scale: side, by: v.string() })),
});

/** Deepest nesting, and most brackets and commas, of a provenance. */
const deepest = 64, mostMarks = 1e6;

/**
 * The provenance of a text, checked.
 *
 * @param name the beginning of messages, such as `Picture "out.png"`.
 * @throws {LocRefError} `image-invalid` naming the member that is missing or wrong.
 */
export function parseProvenance(text: string, name: string): Provenance {
  const json = parseText(text, name);
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw invalid(name, `must be an object, got ${quote(json)}`);
  }
  const { version } = json as { version?: unknown };
  if (version !== 1) {
    throw invalid(
      name,
      `has ${
        version === undefined ? "no version" : `version ${quote(version)}`
      }, and this package reads version 1`,
    );
  }
  const made = renamed(json);
  const result = v.safeParse(schema, made);
  if (!result.success) throw invalid(name, describe(result.issues[0]));
  const scene = checkedScene(made.scene, name);
  const { references } = result.output;
  if (references.length !== scene.instances.length) {
    throw invalid(
      name,
      `has ${counted(references.length, "reference")} for ${
        counted(scene.instances.length, "instance")
      }`,
    );
  }
  const { painted } = made;
  return {
    ...made,
    scene,
    ...(painted !== undefined && { painted: parsePainted(painted, name) }),
  };
}

/** The picture below, whose own provenance is checked as any other. */
function parsePainted(painted: unknown, name: string): Provenance {
  return parseProvenance(
    JSON.stringify(painted) ?? "",
    `${name}: the picture that it was painted on`,
  );
}

/** Members under the names that they have since version 0.2. */
function renamed(json: object): Provenance {
  const { layout, ...rest } = json as Record<string, unknown>;
  return {
    ...(layout !== undefined && { fusion: layout }),
    ...rest,
  } as unknown as Provenance;
}

function parseText(text: string, name: string): unknown {
  if (text.trim() === "") throw invalid(name, "is empty");
  if (isOversized(text)) throw invalid(name, "has too many members");
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = shorten((cause as Error).message, 120);
    throw invalid(name, `is not JSON (${reason})`, cause);
  }
}

/**
 * Whether a text has more brackets and commas outside of strings, or deeper ones, than any provenance:
 * as values they would take a hundred times its size.
 */
function isOversized(text: string): boolean {
  let [depth, marks, inString] = [0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "[" || character === "{") {
      marks++;
      if (++depth > deepest) return true;
    } else if (character === "]" || character === "}") depth--;
    else if (character === "," && ++marks > mostMarks) return true;
  }
  return marks > mostMarks;
}

function checkedScene(scene: unknown, name: string) {
  try {
    return parseScene(scene);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw invalid(
      name,
      `holds no scene (${shorten(cause.message, 240)})`,
      cause,
    );
  }
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map((item) => String(item.key)).join(".");
  if (issue.input === undefined) return `lacks ${quote(path)}`;
  const must = issue.message.startsWith("must")
    ? issue.message
    : `must be ${issue.expected ?? "another value"}`;
  return `has a wrong ${quote(path)}: it ${must}, got ${quote(issue.input)}`;
}

function invalid(name: string, what: string, cause?: unknown): LocRefError {
  return new LocRefError("image-invalid", `${name}: its provenance ${what}`, {
    cause,
  });
}
