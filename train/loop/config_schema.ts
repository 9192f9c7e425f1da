/**
 * Schema of a config: an object schema of the package `valibot`, version 1.
 *
 * `C` is the config that it returns, with its defaults.
 */
export interface ConfigSchema<C> {
  /** Sort of a valibot object. */
  readonly kind: "schema";
  /** The type that it checks, such as `strict_object`. */
  readonly type: string;
  /** The config's type; it has no value. */
  readonly "~types"?: { readonly output: C } | undefined;
}
