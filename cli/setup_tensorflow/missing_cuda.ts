import { runCommand } from "./run_command.ts";

/** Libraries that TensorFlow 2.21 opens on a machine with a GPU, and what installs them. */
const needed: Readonly<Record<string, string>> = {
  "libcuda.so.1": "the NVIDIA driver",
  "libcudart.so.12": "the CUDA 12 toolkit",
  "libcublas.so.12": "the CUDA 12 toolkit",
  "libcublasLt.so.12": "the CUDA 12 toolkit",
  "libcufft.so.11": "the CUDA 12 toolkit",
  "libcusolver.so.11": "the CUDA 12 toolkit",
  "libcusparse.so.12": "the CUDA 12 toolkit",
  "libcudnn.so.9": "cuDNN 9 for CUDA 12",
};

/** Sentences that name each missing CUDA library and what to install. */
export async function missingCuda(): Promise<string[]> {
  const known = (await listLibraries()) +
    await listFolders(Deno.env.get("LD_LIBRARY_PATH") ?? "");
  return Object.entries(needed)
    .filter(([name]) => !known.includes(name))
    .map(([name, brings]) => `${name} is missing: install ${brings}`);
}

async function listLibraries(): Promise<string> {
  for (const program of ["ldconfig", "/sbin/ldconfig"]) {
    try {
      const { stdout } = await new Deno.Command(program, {
        args: ["-p"],
        stderr: "null",
      }).output();
      return new TextDecoder().decode(stdout);
    } catch {
      // not on the path
    }
  }
  const { tail } = await runCommand("ls", ["/usr/lib"]);
  return tail;
}

async function listFolders(path: string): Promise<string> {
  let names = "";
  for (const folder of path.split(":").filter((folder) => folder !== "")) {
    try {
      for await (const { name } of Deno.readDir(folder)) names += `${name}\n`;
    } catch {
      // a folder of the path that does not exist
    }
  }
  return names;
}
