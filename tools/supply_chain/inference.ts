/** Packages that pictures are made with: what `generate`, `preview` and the hub import. */
export const inferencePackages: readonly string[] = [
  "@bufbuild/protobuf",
  "@huggingface/hub",
  "@huggingface/tokenizers",
  "fastest-levenshtein",
  "onnxruntime-node",
  "sharp",
  "valibot",
];
