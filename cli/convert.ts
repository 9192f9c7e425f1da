import { counted } from "../lib/core/counted.ts";
import { defineCommand } from "../lib/core/command/command.ts";
import { argument, needed, text, toggle } from "../lib/core/command/option.ts";
import { startProgress } from "../lib/core/command/progress.ts";
import { checkOutputFile } from "../lib/core/files/check_output.ts";
import {
  type ConvertedPickle,
  convertPickle,
  refuseReplacing,
} from "../lib/weights/pickles/convert_pickle.ts";
import { formatBytes } from "../lib/weights/hub/disk_space.ts";
import { resolveModelFile } from "../lib/weights/resolve_model.ts";
import { fetchProgress } from "./fetch_progress.ts";

/** Names of each kind that are printed. */
const SHOWN = 8;

/** `deno task convert`. */
export const command = defineCommand({
  about:
    `Takes the tensors out of a PyTorch checkpoint (.bin, .ckpt, .pt, .pth) and writes them as
    safetensors, in their own types. Nothing of the checkpoint is run: its pickle is read as data,
    and one that calls anything but makers of tensors is refused by the name of the call. Of a
    trainer's checkpoint only state_dict is taken.`,
  options: {
    file: needed(argument("FILE", "a path, or org/repo/path on the hub")),
    output: needed(text("FILE", "file to write (.safetensors)", {
      short: "o",
    })),
    tensorsOnly: toggle(
      "skip values that are no tensors, as a trainer's callbacks, where they would be called",
    ),
    force: toggle("replace the file if it exists"),
    json: toggle("print {output, tensors, bytes, dtypes, leftOut, skipped}"),
  },
  async main({ file: name, output, tensorsOnly, force: replace, json }) {
    await refuseReplacing(name, output, replace);
    await checkOutputFile(output);
    const bar = fetchProgress();
    const { onProgress } = bar;
    const file = await resolveModelFile(name, { onProgress, pickles: true })
      .finally(() => bar.end());
    const done = await convert(file, output, { tensorsOnly, replace });
    if (json) console.log(JSON.stringify({ output, ...done }, null, 1));
    else {
      console.log(output);
      for (const line of notes(done)) console.error(line);
    }
    return 0;
  },
});

async function convert(
  file: string,
  output: string,
  options: { tensorsOnly: boolean; replace: boolean },
): Promise<ConvertedPickle> {
  let bar: ReturnType<typeof startProgress> | undefined;
  try {
    return await convertPickle(file, output, {
      ...options,
      onProgress(done, total) {
        bar ??= startProgress("convert", { unit: "bytes", total });
        bar.update(done);
      },
    });
  } finally {
    bar?.end();
  }
}

function notes(done: ConvertedPickle): string[] {
  const { tensors, bytes, dtypes, wrapper, leftOut, skipped } = done;
  const types = Object.entries(dtypes).map(([type, count]) =>
    `${count} ${type}`
  );
  const left = wrapper === undefined || leftOut.length === 0 ? [] : [
    `${counted(leftOut.length, "tensor")} beside ${wrapper} left out: ${
      list(leftOut)
    }`,
  ];
  const others = skipped.map(({ name, what }) => `${name} (${what})`);
  return [
    `${counted(tensors, "tensor")} (${types.join(", ")}), ${
      formatBytes(bytes)
    }`,
    ...left,
    ...others.length === 0 ? [] : [
      `${
        counted(
          others.length,
          "value that is no tensor",
          "values that are no tensors",
        )
      } left out: ${list(others)}`,
    ],
  ];
}

function list(names: readonly string[]): string {
  const more = names.length - SHOWN;
  const shown = names.slice(0, SHOWN).join(", ");
  return more > 0 ? `${shown} and ${more} more` : shown;
}
