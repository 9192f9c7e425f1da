import { convertIpAdapter } from "../lib/adapters/ip_adapter/convert_ip_adapter.ts";
import { checkOutputFile } from "../lib/core/check_output.ts";
import { openImageEncoder } from "../lib/encoders/open_image_encoder.ts";
import { publishAdapter } from "../lib/weights/hub/publish_adapter.ts";
import {
  resolveModelFile,
  resolveModelFolder,
} from "../lib/weights/resolve_model.ts";
import { openSafetensors } from "../lib/weights/safetensors/safetensors.ts";
import { fetchProgress } from "./fetch_progress.ts";
import { parseArgs } from "../lib/core/parse_args.ts";
import { numberFlag, UsageError } from "../lib/core/usage.ts";

/** The command's help. */
export const help: string = `
Usage: deno task adapter convert FILE -o OUT.safetensors [OPTION…]
       deno task adapter publish FOLDER ORG/REPO [OPTION…]

convert writes an IP-Adapter of the base or full form as a LocRef adapter, the same function in the
form that training goes on from. FILE is a path or org/repo/path on the hub.

  -o, --output OUT        where the adapter goes
  --image-encoder FOLDER  folder (or org/repo/path) of the image encoder, needed for the base form
  --dtype F16|F32|BF16    type of the values (default F16)
  --tokens N              tokens a picture becomes in the full form (default 257)
  --base NAME             base model, for the metadata
  --encoder NAME          image encoder, for the metadata

publish puts a folder with an adapter on the hub, with a model card made of the adapter's metadata,
training.json (or config.json) and results.json where the folder has no README.md. The token comes
from HF_TOKEN.

  --private               make a new repository private
  --license NAME          licence as the hub spells it, such as apache-2.0
  --dry-run               send nothing; print the card and the files
  --json                  print {url, files, card}
`;

/** Runs the command and answers its exit code. */
export async function main(args: string[]): Promise<number> {
  const [action, ...rest] = args;
  if (action === "convert") return await convert(rest);
  if (action === "publish") return await publish(rest);
  throw new UsageError(
    `Either convert or publish is expected, got ${
      action === undefined ? "nothing" : `"${action}"`
    }`,
  );
}

async function convert(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      output: { type: "string", short: "o" },
      "image-encoder": { type: "string" },
      dtype: { type: "string", default: "F16" },
      tokens: { type: "string" },
      base: { type: "string" },
      encoder: { type: "string" },
    },
  });
  const { output, dtype, base, encoder } = values;
  if (positionals.length !== 1 || output === undefined) {
    throw new UsageError("One FILE and -o OUT.safetensors are expected");
  }
  if (dtype !== "F16" && dtype !== "F32" && dtype !== "BF16") {
    throw new UsageError(
      `Option --dtype takes F16, F32 or BF16, got "${dtype}"`,
    );
  }
  const folder = values["image-encoder"];
  const tokens = numberFlag("tokens", values.tokens, { min: 1, integer: true });
  await checkOutputFile(output);
  const bar = fetchProgress();
  const { onProgress } = bar;
  try {
    const file = await resolveModelFile(positionals[0]!, { onProgress });
    const imageEncoder = folder === undefined
      ? undefined
      : await openImageEncoder(
        await resolveModelFolder(folder, { onProgress }),
      );
    await convertIpAdapter(await openSafetensors(file), output, {
      dtype,
      base,
      tokens,
      encoder: encoder ?? folder,
      imageEncoder: imageEncoder?.weights,
    });
  } finally {
    bar.end();
  }
  console.log(output);
  return 0;
}

async function publish(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      private: { type: "boolean", default: false },
      license: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [folder, id] = positionals;
  if (folder === undefined || id === undefined || positionals.length > 2) {
    throw new UsageError("A FOLDER and a name ORG/REPO are expected");
  }
  const dryRun = values["dry-run"];
  const done = await publishAdapter(folder, id, {
    private: values.private,
    license: values.license,
    dryRun,
  });
  if (values.json) console.log(JSON.stringify(done, null, 1));
  else if (dryRun) console.log([done.card, ...done.files].join("\n"));
  else console.log(done.url);
  return 0;
}
