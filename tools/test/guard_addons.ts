/**
 * Refuses calls of native addons after a test file has ended.
 *
 * `deno test` runs the finalizers of a file's addons, then its event loop once more. A call that
 * something left behind makes then would read freed memory and take all test files with it.
 */

import { createRequire } from "node:module";

type Loader = (module: { exports: object }, file: string) => void;

let ended = false;

/** Throws after the end of the file. */
function refuseLate(name: string): void {
  if (!ended) return;
  throw new Error(
    `A test file ended before its work: it calls ${name} of a native addon, so one of its promises was not awaited`,
  );
}

/** A value of an addon whose functions, and those of its instances, refuse late calls. */
function guarded<T>(value: T, name: string): T {
  if (typeof value !== "function") return value;
  return new Proxy(value, {
    apply(target, self, args) {
      refuseLate(name);
      return Reflect.apply(target, self, args);
    },
    construct(target, args) {
      refuseLate(name);
      return guardedInstance(Reflect.construct(target, args), name);
    },
  });
}

function guardedInstance(instance: object, name: string): object {
  return new Proxy(instance, {
    get(target, key) {
      const method = `${name}.${String(key)}`;
      refuseLate(method);
      const value = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        refuseLate(method);
        return Reflect.apply(value, target, args);
      };
    },
  });
}

const loaders = createRequire(import.meta.url)
  .extensions as unknown as Record<string, Loader>;
const load = loaders[".node"]!;
loaders[".node"] = (module, file) => {
  load(module, file);
  const { exports } = module;
  // by name: some addons define functions that no loop lists
  const names = Object.getOwnPropertyNames(exports);
  module.exports = Object.fromEntries(
    names.map((name) => [name, guarded(Reflect.get(exports, name), name)]),
  );
};
addEventListener("unload", () => ended = true);
