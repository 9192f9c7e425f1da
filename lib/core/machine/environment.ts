import process from "node:process";

/** An environment variable, or `undefined` where it is empty, unset or may not be read. */
export function environmentVariable(name: string): string | undefined {
  try {
    return process.env[name] || undefined;
  } catch {
    return undefined; // its permission was refused
  }
}
