/** Why MPI cannot be used here; `undefined` where it can. */
export async function whyNoMpi(): Promise<string | undefined> {
  try {
    const mpirun = new Deno.Command("mpirun", { args: ["--version"] });
    const { stdout } = await mpirun.output();
    if (!/HYDRA/i.test(new TextDecoder().decode(stdout))) {
      return "mpirun is not mpich's";
    }
    Deno.dlopen("libmpich.so.12", {}).close();
  } catch {
    return "mpich is not installed, apt-get install mpich";
  }
}
