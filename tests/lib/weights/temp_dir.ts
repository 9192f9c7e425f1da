/** Runs `run` with a folder of its own, which is removed afterwards. */
export async function inTempDir<R>(
  run: (dir: string) => Promise<R>,
): Promise<R> {
  const dir = await Deno.makeTempDir();
  try {
    return await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
