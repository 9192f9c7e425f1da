/** `deno task dataset`. */

import { counted, listed } from "../../lib/core/counted.ts";
import { checkOutputFolder } from "../../lib/core/files/check_output.ts";
import { defineCommand, type Group } from "../../lib/core/command/command.ts";
import {
  argument,
  needed,
  text,
  toggle,
} from "../../lib/core/command/option.ts";
import { quote } from "../../lib/core/quote.ts";
import { UsageError } from "../../lib/core/command/usage.ts";
import { startProgress } from "../../lib/core/command/progress.ts";
import { buildCommand } from "./cli_build.ts";
import { datasetExports } from "./export/dataset_exports.ts";
import { openDataset } from "./read/open_dataset.ts";
import { datasetSources } from "./sources/dataset_sources.ts";
import { readManifest, verifyDataset } from "./read/verify.ts";

const folder = needed(argument("DATASET", "folder of the data set"));

const inspect = defineCommand({
  about: "Prints what a data set holds, or one of its samples.",
  options: {
    folder,
    key: text("KEY", "print the sample of this key"),
    json: toggle("print the figures as JSON"),
  },
  async main({ folder, key, json }) {
    const manifest = await readManifest(folder);
    const dataset = await openDataset(folder);
    const { lines } = dataset;
    if (key !== undefined) {
      const index = lines.findIndex((line) => line.key === key);
      if (index < 0) {
        throw new RangeError(`No sample has the key ${quote(key)}`);
      }
      const { sample } = await dataset.read(index);
      console.log(JSON.stringify(sample, null, 2));
      return 0;
    }
    const classes = new Map<string, number>();
    for (const category of lines.flatMap(({ categories }) => categories)) {
      classes.set(category, (classes.get(category) ?? 0) + 1);
    }
    const numbers = {
      shards: manifest.shards.length,
      samples: lines.length,
      validation: lines.filter(({ split }) => split === "validation").length,
      captioned: lines.filter(({ caption }) => caption !== null).length,
      bytes: manifest.shards.reduce((total, { bytes }) => total + bytes, 0),
    };
    const counts = Object.fromEntries(
      [...classes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)),
    );
    if (json) console.log(JSON.stringify({ ...numbers, classes: counts }));
    else {
      console.table(numbers);
      console.table(counts);
    }
    return 0;
  },
});

const verify = defineCommand({
  about:
    "Compares every file of a data set with its manifest. Exits with 1 if any differs.",
  options: { folder, json: toggle("print {files, problems}") },
  async main({ folder, json }) {
    const progress = startProgress("verify", { unit: "samples" });
    const result = await verifyDataset(folder, progress);
    progress.end();
    const { files, problems } = result;
    if (json) console.log(JSON.stringify(result));
    else {
      for (const { where, what } of problems) console.log(`${where}: ${what}`);
      console.log(
        `${counted(files, "file")}, ${counted(problems.length, "difference")}`,
      );
    }
    return problems.length > 0 ? 1 : 0;
  },
});

const forms = datasetExports.map(({ name }) => `--${name}`);

const exportTo = defineCommand({
  usage: [`DATASET ${forms.join("|")} -o DIR`],
  about: "Writes a data set in another format.",
  options: {
    folder,
    ...Object.fromEntries(
      datasetExports.map(({ name, title }) => [
        name,
        toggle(`write ${title}'s format`),
      ]),
    ),
    output: needed(text("DIR", "folder to write to", { short: "o" })),
  },
  async main({ folder, output, ...given }) {
    const [form, ...others] = datasetExports.filter(({ name }) =>
      (given as Readonly<Record<string, boolean | undefined>>)[name]
    );
    if (form === undefined || others.length > 0) {
      throw new UsageError(`Export takes one of ${listed(forms)}`);
    }
    await checkOutputFolder(output);
    const count = await form.write(folder, output);
    console.log(`${counted(count, "sample")} written to ${output}`);
    return 0;
  },
});

/** `deno task dataset`. */
export const command: Group = {
  commands: {
    build: {
      get summary() {
        const titles = [...datasetSources].map(({ title }) => title);
        return `build captioned training scenes from ${listed(titles, "or")}`;
      },
      load: () => ({ command: buildCommand() }),
    },
    inspect: {
      summary: "print what a data set holds",
      load: () => ({ command: inspect }),
    },
    verify: {
      summary: "compare a data set with its manifest",
      load: () => ({ command: verify }),
    },
    export: {
      summary: `write a data set as ${
        listed(datasetExports.map(({ title }) => title), "or")
      }`,
      load: () => ({ command: exportTo }),
    },
  },
};
