/** Names of a graph's inputs and outputs, of which weights may have any. */
export const graphNames = {
  batch: (name: string) => `batch/${name}`,
  weight: (name: string) => `weight/${name}`,
  gradient: (name: string) => `gradient/${name}`,
  /** All trained weights, and all gradients, as vectors. */
  weights: "weights",
  gradients: "gradients",
  slope: (name: string) => `slope/${name}`,
  metric: (name: string) => `metric/${name}`,
  loss: "loss",
  /** Factor of the gradients, a scalar. */
  share: "share",
} as const;
