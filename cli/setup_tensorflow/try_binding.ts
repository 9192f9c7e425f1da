/**
 * Loads tfjs-node (`--gpu`: tfjs-node-gpu) and computes with it: prints TensorFlow's version and
 * the device, and fails where anything is wrong. Runs as a process of its own, since a binding
 * that does not fit can take its process down.
 */

import type { Tensor4D } from "@tensorflow/tfjs";
import { openTfjs } from "../../lib/ops/tfjs/runtime.ts";

/** Facts that tfjs-node's backend reports about itself. */
interface NodeBackend {
  readonly binding: { readonly TF_Version: string };
  readonly isUsingGpuDevice: boolean;
}

const gpu = Deno.args.includes("--gpu");
const tf = await openTfjs(gpu ? "tensorflow-gpu" : "tensorflow");
const weight = tf.ones([3, 3, 1, 2]) as Tensor4D;
const convolve = (x: unknown) => tf.conv2d(x as Tensor4D, weight, 1, "valid");
const gradient = tf.grad(convolve)(tf.ones([1, 4, 4, 1]));
const sum = (await tf.sum(gradient).data())[0];
if (sum !== 72) throw new Error(`A gradient sums up to ${sum}, not to 72`);
const { binding, isUsingGpuDevice } = tf.backend() as unknown as NodeBackend;
const device = isUsingGpuDevice ? "gpu" : "cpu";
console.log(JSON.stringify({ version: binding.TF_Version, device }));
