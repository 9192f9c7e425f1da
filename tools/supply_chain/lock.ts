/** The packages of `deno.lock`. */

/** A lock file's entry of one package. */
interface LockedPackage {
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
}

/** The part of a lock file that is read here. */
export interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

/** Reads this project's lock file. */
export async function readLock(): Promise<Lock> {
  const path = new URL("../../deno.lock", import.meta.url);
  return JSON.parse(await Deno.readTextFile(path));
}

/** Name and version of a lock file's key, such as `a@1.0.0_b@2.0.0` with a peer `b`. */
export function splitKey(key: string): { name: string; version: string } {
  const [, name, version] = /^(@?[^@]+)@([^_]+)/.exec(key) ?? [];
  if (name === undefined || version === undefined) {
    throw new SyntaxError(`Key "${key}" of deno.lock is no NAME@VERSION`);
  }
  return { name, version };
}

/** Keys of all packages that `roots` need, themselves included. */
export function packagesReached(
  lock: Lock,
  roots: readonly string[],
): ReadonlySet<string> {
  const reached = new Set(roots.map((root) => keyOf(lock, root)));
  for (const key of reached) {
    const { dependencies = [], optionalDependencies = [] } = lock.npm[key]!;
    for (const one of [...dependencies, ...optionalDependencies]) {
      reached.add(keyOf(lock, one));
    }
  }
  return reached;
}

/** A name stands alone where the lock file has one version of it. */
function keyOf(lock: Lock, name: string): string {
  if (name in lock.npm) return name;
  const keys = Object.keys(lock.npm).filter((key) =>
    key.startsWith(`${name}@`) || key.startsWith(`${name}_`)
  );
  if (keys.length === 1) return keys[0]!;
  throw new RangeError(
    `Package "${name}" is in deno.lock ${keys.length} times`,
  );
}
