import { assert, assertEquals } from "@std/assert";
import { deviceError } from "../../../../lib/ops/onnx/device_error.ts";

const at = { backend: "onnx-webgpu", program: "unet_64x64", running: true };

/** Messages that onnxruntime 1.30 gave on software devices, and their sentences. */
const cases: [string, string, string][] = [
  [
    "WebGPU validation failed. Buffer size (1600000000) exceeds the max buffer size limit (1073741824).\n - While calling [Device].CreateBuffer([BufferDescriptor]).",
    "too little memory",
    'use precision "float16", or use backend "onnx"',
  ],
  [
    "WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.\n - While validating entries[2]",
    "too little memory",
    "make a smaller picture",
  ],
  [
    "WebGPU device error(1): vkQueueSubmit failed with VK_ERROR_DEVICE_LOST",
    "lost its device",
    "start the process again",
  ],
  [
    "Failed to download data from buffer. wgpu::MapAsyncStatus value: 4, message: [Device] is lost",
    "lost its device",
    'use backend "onnx"',
  ],
  [
    "Non-zero status code returned while running Cast node. Name:'h' Status Message: shader_helper.cc:416",
    "cannot be run on backend",
    "Cast node",
  ],
  // names that cuDNN, cuBLAS, Direct3D 12 and Metal have in their documentation
  [
    "Status Message: CUDNN failure 4: CUDNN_STATUS_ALLOC_FAILED ; GPU=0",
    "too little memory",
    "make a smaller picture",
  ],
  [
    "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0",
    "too little memory",
    "make a smaller picture",
  ],
  [
    "D3D12 create committed resource failed with E_OUTOFMEMORY (0x8007000E)",
    "too little memory",
    "make a smaller picture",
  ],
  [
    "Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)",
    "too little memory",
    "make a smaller picture",
  ],
  [
    "Exception(1) 887A0005 The GPU device instance has been suspended.",
    "lost its device",
    "start the process again",
  ],
];

for (const [message, start, end] of cases) {
  Deno.test(`"${message.slice(0, 50)}…" becomes one sentence`, () => {
    const error = deviceError(new Error(message), at);
    assertEquals(error.code, "backend-failed");
    assert(error.message.includes(start), error.message);
    assert(error.message.includes(end), error.message);
    assert(error.message.includes('"unet_64x64"'));
    assert(!error.message.includes("\n") && error.message.length < 600);
  });
}

Deno.test("what fails before it ran could not be compiled", () => {
  const error = deviceError(new Error("\n  no such node.  \nat x"), {
    ...{ ...at, running: false },
  });
  assertEquals(
    error.message,
    'Program "unet_64x64" cannot be compiled: no such node',
  );
  assertEquals(error.code, "backend-missing");
});
