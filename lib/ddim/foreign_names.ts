/** Samplers under the names of ComfyUI, A1111 and diffusers, letters and digits alone, and their names here. */
const names: Readonly<Record<string, string>> = {
  euler: "euler",
  eulera: "euler-a",
  eulerancestral: "euler-a",
  eulerdiscrete: "euler",
  eulerancestraldiscrete: "euler-a",
  heun: "heun",
  heundiscrete: "heun",
  dpm2: "dpm2",
  dpm2a: "dpm2-a",
  dpm2ancestral: "dpm2-a",
  kdpm2discrete: "dpm2",
  kdpm2ancestraldiscrete: "dpm2-a",
  dpmpp2m: "dpm++2m",
  dpmsolvermultistep: "dpm++2m",
  dpmpp2msde: "dpm++2m-sde",
  dpmpp2msdegpu: "dpm++2m-sde",
  dpmppsde: "dpm++sde",
  dpmppsdegpu: "dpm++sde",
  dpmsolversde: "dpm++sde",
  dpmpp2s: "dpm++2s",
  dpmsolversinglestep: "dpm++2s",
  dpmpp3m: "dpm++3m",
  unipc: "unipc",
  unipcbh2: "unipc",
  unipcmultistep: "unipc",
  plms: "pndm",
  pndm: "pndm",
  ddim: "ddim",
  ddpm: "ddpm",
  lcm: "lcm",
  tcd: "tcd",
  deis: "deis",
  deismultistep: "deis",
};

/** Spacings of noise that those programs write behind the name or choose beside it. */
const spacings = ["karras", "exponential", "beta"];

/**
 * A sampler under the name of another program, in words: its name, and its sigmas where the name says
 * them.
 *
 * @returns `undefined` if the name is not known.
 */
export function foreignSampler(given: string): string | undefined {
  const folded = given.toLowerCase().replaceAll("++", "pp")
    .replace(/^(k|sample)_/, "").replace(/(discrete)?scheduler$/, "$1")
    .replace(/[^a-z0-9]/g, "");
  const sigmas = spacings.find((one) => folded.endsWith(one));
  const plain = sigmas === undefined ? folded : folded.slice(0, -sigmas.length);
  const name = Object.hasOwn(names, plain) ? names[plain] : undefined;
  if (name === undefined) return undefined;
  return sigmas === undefined
    ? `"${name}"`
    : `"${name}" with sigmas "${sigmas}" (${name}:sigmas=${sigmas} on the command line)`;
}
