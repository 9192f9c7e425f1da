import { checkOptions, checkValue } from "../core/check_options.ts";
import { callback, whole } from "../core/kinds.ts";
import type { StepGenerator } from "../model/run.ts";
import type { GenerationStep } from "../pipeline/generation_step.ts";
import type { Picture } from "../pipeline/picture.ts";
import { type MediaBundle, pngMedia } from "../images/media.ts";

/** Options of {@linkcode showSteps}. */
export interface ShowStepsOptions {
  /** Steps between two intermediate pictures. @default {5} */
  readonly every?: number;
  /** Where to show, for other places than a notebook of the Deno kernel. */
  readonly broadcast?: (
    type: "display_data" | "update_display_data",
    content: Record<string, unknown>,
  ) => Promise<void>;
}

/**
 * Runs `steps()` to its end in a Jupyter notebook, and shows the picture as it appears in one
 * output that is updated in place.
 *
 * @throws {TypeError} outside a notebook, where `options.broadcast` is not given.
 */
export async function showSteps(
  steps: StepGenerator,
  options: ShowStepsOptions = {},
): Promise<Picture> {
  checkShowSteps(steps, options);
  const { every = 5, broadcast = jupyterBroadcast() } = options;
  const display_id = crypto.randomUUID();
  let shown: MediaBundle = { "text/plain": "preparing" };
  let type: "display_data" | "update_display_data" = "display_data";
  const show = async (data: MediaBundle) => {
    await broadcast(type, { data, metadata: {}, transient: { display_id } });
    type = "update_display_data";
  };
  await show(shown);
  for (;;) {
    const { done, value } = await steps.next();
    if (done) {
      await show(await mediaOf(value));
      return value;
    }
    if (value.step % every === 0) {
      shown = await mediaOf(await value.preview());
    }
    await show(withProgress(shown, value));
  }
}

function checkShowSteps(steps: unknown, options: ShowStepsOptions): void {
  checkValue(steps, {
    must: "what scene.steps() returns",
    is: (value) =>
      typeof value === "object" && value !== null && "next" in value,
  }, { name: "What showSteps shows" });
  checkOptions<ShowStepsOptions>(options, {
    of: "showSteps",
    fields: { every: whole({ min: 1 }), broadcast: callback },
    elsewhere: { interval: "every", n: "every" },
  });
}

async function mediaOf(picture: Picture): Promise<MediaBundle> {
  return pngMedia(await picture.encode({ format: "png" }), picture.height);
}

function withProgress(
  media: MediaBundle,
  { step, total }: GenerationStep,
): MediaBundle {
  const bar = `<progress value="${step}" max="${total}"></progress>`;
  const png = media["image/png"];
  const picture = media["text/html"] ??
    (png === undefined ? "" : `<img src="data:image/png;base64,${png}">`);
  return {
    "text/plain": `step ${step} of ${total}`,
    "text/html":
      `<div>${picture}</div><div>${bar} step ${step} of ${total}</div>`,
  };
}

function jupyterBroadcast(): NonNullable<ShowStepsOptions["broadcast"]> {
  try {
    const { jupyter } = Deno as unknown as {
      jupyter: { broadcast: NonNullable<ShowStepsOptions["broadcast"]> };
    };
    return jupyter.broadcast.bind(jupyter);
  } catch (cause) {
    // outside a notebook the property itself throws
    throw new TypeError(
      "Function showSteps draws in a notebook of the Deno kernel, elsewhere use steps() itself",
      { cause },
    );
  }
}
