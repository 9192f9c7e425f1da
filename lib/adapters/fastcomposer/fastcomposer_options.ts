import { nested } from "../../core/check_options.ts";
import { type Kind, whole } from "../../core/kinds.ts";

/** Settings of FastComposer (delayed subject conditioning). */
export interface FastComposerOptions {
  /** Steps that take the text alone, beside the first. @default {a fifth of the steps: 10 of 50} */
  readonly plainSteps?: number;
}

/** The kind of {@linkcode FastComposerOptions}. */
export const fastComposerOptions: Kind = nested<FastComposerOptions>({
  must: "an object of settings such as { plainSteps: 10 }",
  fields: { plainSteps: whole({ min: 0, max: 1000 }) },
  elsewhere: { start_merge_step: "plainSteps" },
});
