/** Deno's permissions: what is missing is one sentence, before long work. */

import { listed } from "../counted.ts";
import { LocRefError } from "../error.ts";

/** A permission that an operation needs, and why. */
export interface Need {
  /** The permission, as narrow as it is known. */
  readonly permission: Deno.PermissionDescriptor;
  /** Why, as a clause such as `graphs are written to the temporary folder`. */
  readonly reason: string;
}

/**
 * Checks permissions before anything else is done. On a terminal Deno asks for each that is
 * missing.
 *
 * @throws {LocRefError} `permission-missing`, which names all that are missing and why.
 */
export function requirePermissions(needs: readonly Need[]): void {
  const missing = needs.filter(({ permission }) => !granted(permission));
  if (missing.length === 0) return;
  const flags = missing.map(({ permission }) => flagOf(permission));
  const reasons = missing.map(({ reason }) => reason);
  throw new LocRefError(
    "permission-missing",
    `${listed([...new Set(flags)])} ${
      flags.length > 1 ? "are" : "is"
    } missing: ${listed([...new Set(reasons)])}`,
  );
}

/**
 * The error of a permission that was refused while a package or file was used, as one sentence;
 * `undefined` for every other error.
 *
 * @param reasons why a permission is needed, by its name; else the sentence names what was refused.
 */
export function refusedPermission(
  error: unknown,
  reasons: Readonly<Partial<Record<string, string>>> = {},
): LocRefError | undefined {
  if (error instanceof LocRefError) return undefined; // it says already what failed
  const [, name, of = "it"] = refusalIn(error) ?? [];
  if (name === undefined) return undefined;
  const reason = reasons[name] ?? `access to ${of} is needed`;
  const host = name === "net" && of.startsWith('"') ? of.slice(1, -1) : "";
  return new LocRefError(
    "permission-missing",
    `--allow-${name}${host && `=${host}`} is missing: ${reason}`,
    { cause: error },
  );
}

const refusal = /Requires (\w+) access(?: to ("[^"]{0,300}"|\S{1,300}))?,/;

/** Packages repeat the runtime's refusal in errors of their own. */
function refusalIn(error: unknown): RegExpExecArray | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    const match = refusal.exec(one.message);
    if (match !== null) return match;
  }
  return undefined;
}

function granted(permission: Deno.PermissionDescriptor): boolean {
  const { state } = Deno.permissions.querySync(permission);
  if (state === "granted") return true;
  const asks = state === "prompt" && Deno.stdin.isTerminal() &&
    Deno.stderr.isTerminal();
  return asks && Deno.permissions.requestSync(permission).state === "granted";
}

/** A permission as the flag that gives it, such as `--allow-write=/tmp`. */
function flagOf(permission: Deno.PermissionDescriptor): string {
  const of = {
    read: "path",
    write: "path",
    ffi: "path",
    net: "host",
    env: "variable",
    sys: "kind",
    run: "command",
    import: "host",
  }[permission.name];
  const value = (permission as unknown as Record<string, unknown>)[of];
  return `--allow-${permission.name}${value === undefined ? "" : `=${value}`}`;
}
