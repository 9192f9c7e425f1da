export * as default from "@tensorflow/tfjs";
