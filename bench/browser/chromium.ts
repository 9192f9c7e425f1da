import { rm } from "node:fs/promises";

/** Programs that are Chromium, by how likely they are there. */
const programs = ["chromium", "chromium-browser", "google-chrome"];

/** Options of {@linkcode openPage}. */
export interface OpenPageOptions {
  /** Whether WebGPU is offered, on the software device where there is no other. @default {false} */
  webgpu?: boolean;
}

/**
 * Opens `url` in a headless Chromium of its own.
 *
 * @throws {Error} if there is no Chromium.
 */
export async function openPage(
  url: string,
  options: OpenPageOptions = {},
): Promise<{ close(): Promise<void> }> {
  const profile = await Deno.makeTempDir({ prefix: "locref-chromium-" });
  const gpu = options.webgpu
    ? [
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
      "--enable-features=Vulkan",
    ]
    : ["--disable-gpu"];
  const child = start([
    ...["--headless=new", "--no-sandbox", "--no-first-run", "--disable-sync"],
    ...["--disable-background-networking", `--user-data-dir=${profile}`],
    ...gpu,
    url,
  ]);
  return {
    async close() {
      try {
        child.kill();
      } catch { /* it has ended by itself */ }
      await child.status;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function start(args: string[]): Deno.ChildProcess {
  for (const program of programs) {
    try {
      return new Deno.Command(program, { args, stdout: "null", stderr: "null" })
        .spawn();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(`No Chromium is there: looked for ${programs.join(", ")}`);
}
