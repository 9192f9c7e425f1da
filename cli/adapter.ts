import { convertIpAdapter } from "../lib/adapters/ip_adapter/convert_ip_adapter.ts";
import { checkOutputFile } from "../lib/core/files/check_output.ts";
import { openImageEncoder } from "../lib/encoders/open_image_encoder.ts";
import { publishAdapter } from "../lib/weights/hub/publish_adapter.ts";
import {
  resolveModelFile,
  resolveModelFolder,
} from "../lib/weights/resolve_model.ts";
import { openSafetensors } from "../lib/weights/safetensors/safetensors.ts";
import { fetchProgress } from "./fetch_progress.ts";
import { defineCommand, type Group } from "../lib/core/command/command.ts";
import {
  argument,
  choice,
  needed,
  text,
  toggle,
  whole,
} from "../lib/core/command/option.ts";

const convert = defineCommand({
  about:
    `Writes an IP-Adapter of the base or full form as a LocRef adapter, the same function in the
    form that training goes on from.`,
  options: {
    file: needed(argument("FILE", "a path, or org/repo/path on the hub")),
    output: needed(text("FILE", "adapter to write (.safetensors)", {
      short: "o",
    })),
    imageEncoder: text(
      "FOLDER",
      "folder (or org/repo/path) of the image encoder, needed for the base form",
    ),
    dtype: choice(["F16", "F32", "BF16"], "type of the values", {
      value: "TYPE",
      default: "F16",
    }),
    tokens: whole("tokens a picture becomes in the full form", {
      ...{ min: 1, otherwise: "257" },
    }),
    base: text("NAME", "base model, for the metadata"),
    encoder: text("NAME", "image encoder, for the metadata", {
      otherwise: "that of --image-encoder",
    }),
  },
  async main({ file: name, output, imageEncoder: folder, encoder, ...rest }) {
    await checkOutputFile(output);
    const bar = fetchProgress();
    const { onProgress } = bar;
    try {
      const file = await resolveModelFile(name, { onProgress });
      const imageEncoder = folder === undefined
        ? undefined
        : await openImageEncoder(
          await resolveModelFolder(folder, { onProgress }),
        );
      await convertIpAdapter(await openSafetensors(file), output, {
        ...rest,
        encoder: encoder ?? folder,
        imageEncoder: imageEncoder?.weights,
      });
    } finally {
      bar.end();
    }
    console.log(output);
    return 0;
  },
});

const publish = defineCommand({
  about:
    `Puts a folder with an adapter on the hub. Where the folder has no README.md, it writes a model
    card of the adapter's metadata, training.json (or config.json) and results.json. The token
    comes from HF_TOKEN.`,
  options: {
    folder: needed(argument("FOLDER", "folder of the adapter")),
    id: needed(argument("ORG/REPO", "repository to publish to")),
    private: toggle("make a new repository private"),
    license: text("NAME", "licence as the hub spells it, such as apache-2.0"),
    dryRun: toggle("send nothing; print the card and the files"),
    json: toggle("print {url, files, card}"),
  },
  async main({ folder, id, json, ...options }) {
    const done = await publishAdapter(folder, id, options);
    if (json) console.log(JSON.stringify(done, null, 1));
    else if (options.dryRun) console.log([done.card, ...done.files].join("\n"));
    else console.log(done.url);
    return 0;
  },
});

/** `deno task adapter`. */
export const command: Group = {
  commands: {
    convert: {
      summary: "write an IP-Adapter as a LocRef adapter",
      load: () => ({ command: convert }),
    },
    publish: {
      summary: "put an adapter with its model card on the hub",
      load: () => ({ command: publish }),
    },
  },
};
