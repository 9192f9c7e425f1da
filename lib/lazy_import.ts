/**
 * Imports a package when it is first needed.
 *
 * The name is passed as a value so that Deno does not put the package, which may be native and
 * large, into the module graph of everything that might need it.
 */
export async function lazyImport<T>(name: string): Promise<T> {
  return await import(name) as T;
}
