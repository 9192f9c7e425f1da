/**
 * Packs the project, Deno and what both need of npm for a Linux machine with a GPU and no network:
 *
 *     deno task bench:pack gpu.tar.gz
 *
 * There: `tar -xzf gpu.tar.gz && sh locref-gpu/run.sh`, with options of `deno task bench gpu`. With
 * `--peers` it takes that machine's own Python, where it has PyTorch and diffusers.
 */

import { dirname, join, resolve } from "node:path";
import { runCommand } from "../../cli/setup_tensorflow/run_command.ts";
import { defineCommand } from "../../lib/core/command/command.ts";
import { argument, needed } from "../../lib/core/command/option.ts";
import { checkOutputFile } from "../../lib/core/files/check_output.ts";
import { runProgram } from "../../tools/run_program.ts";
import { root } from "../paths.ts";

/** Packages and files that no measurement reads. */
const left = [
  "*/onnxruntime-node/bin/napi-v6/win32",
  "*/onnxruntime-node/bin/napi-v6/darwin",
  "*/onnxruntime-node/bin/napi-v6/linux/arm64",
  "*/.deno/@vladmandic*",
  "*/.deno/@tensorflow+tfjs-node*",
  "*/.deno/@lobehub*",
  "*.map",
  "*.d.ts",
];

/** Runs the report with nothing but what is packed. */
const script = `#!/bin/sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export PATH="$here/bin:$PATH" DENO_DIR="$here/deno_dir" DENO_NO_UPDATE_CHECK=1
export XDG_CACHE_HOME="$here/cache" XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-$here}"
for library in "$here"/cuda/nvidia; do
  test ! -d "$library" || { mkdir -p "$here/cache/locref"; ln -sfn "$here/cuda" "$here/cache/locref/cuda-13"; }
done
cd "$here/project"
python=.cache/bench/venv/bin/python # with --peers: this machine's own, where it has PyTorch
if test ! -e "$python" && python3 -c "import torch, diffusers" 2>/dev/null; then
  mkdir -p "$(dirname "$python")"
  printf '#!/bin/sh\\nexec python3 "$@"\\n' > "$python"
  chmod +x "$python"
fi
exec deno run -A --no-check --cached-only --no-lock --node-modules-dir=manual bench/cli.ts gpu "$@"
`;

async function run(program: string, args: readonly string[]) {
  const { code, tail } = await runCommand(program, args, { cwd: root });
  if (code !== 0) throw new Error(`${program} failed: ${tail}`);
  return tail;
}

const command = defineCommand({
  about:
    `Packs the project, Deno and its packages for a Linux machine with a GPU and no network. There:
    tar -xzf FILE.tar.gz && sh locref-gpu/run.sh, with options of \`deno task bench gpu\`.`,
  options: {
    target: needed(argument("FILE.tar.gz", "archive to write")),
  },
  async main({ target }) {
    await checkOutputFile(target);
    await pack(target);
    console.log(`${target}: ${Deno.statSync(target).size} bytes`);
    return 0;
  },
});

if (import.meta.main) {
  Deno.exit(await runProgram("bench:pack", command, Deno.args));
}

async function pack(target: string): Promise<void> {
  await Deno.mkdir(dirname(resolve(target)), { recursive: true });
  const stage = await Deno.makeTempDir();
  try {
    const top = join(stage, "locref-gpu"), project = join(top, "project");
    await Deno.mkdir(join(top, "bin"), { recursive: true });
    await Deno.mkdir(project);
    await Deno.copyFile(Deno.execPath(), join(top, "bin", "deno"));
    await Deno.writeTextFile(join(top, "run.sh"), script);
    const files = join(stage, "files");
    const { stdout } = await new Deno.Command("git", {
      args: [
        "ls-files",
        "-z",
        "--",
        ":!notebooks",
        ":!docs",
        ":!train/pocket/results",
      ],
      cwd: root,
    }).output();
    await Deno.writeFile(files, stdout);
    const sources = join(stage, "sources.tar");
    await run("tar", ["--null", "-T", files, "-cf", sources]);
    await run("tar", ["-xf", sources, "-C", project]);
    const packages = join(stage, "packages.tar");
    await run("tar", [
      ...left.map((pattern) => `--exclude=${pattern}`),
      ...["-cf", packages, "node_modules"],
    ]);
    await run("tar", ["-xf", packages, "-C", project]);
    await run("tar", ["-czf", resolve(target), "-C", stage, "locref-gpu"]);
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}
