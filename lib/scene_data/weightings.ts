/**
 * A way in which weights act on hidden states: `a1111` multiplies and restores the mean, `comfyui`
 * moves them away from the empty text.
 */
export type Weighting = "a1111" | "comfyui";

/** Ways in which weights act on the hidden states of a text. */
export const weightings: readonly Weighting[] = ["a1111", "comfyui"];
