/**
 * The part of ONNX's protocol buffers (`onnx.proto3`, IR version 10) that graphs of this project
 * need, written with a protobuf library's wire writer.
 */

import type { BinaryWriter } from "@bufbuild/protobuf/wire";
import { importPackage } from "../../core/packages/import_package.ts";

/** Element types of ONNX tensors, by their numbers in `TensorProto.DataType`. */
export const onnxTypes = {
  F32: 1,
  U8: 2,
  I8: 3,
  I16: 5,
  I32: 6,
  I64: 7,
  BOOL: 9,
  F16: 10,
  F64: 11,
  BF16: 16,
} as const;

/** Name of an element type. */
export type OnnxType = keyof typeof onnxTypes;

/** A node's attribute: a float, an integer, a list of integers, or a word. */
export type OnnxAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly word: string };

/** One operation of a graph. */
export interface OnnxNode {
  readonly type: string;
  /** Operator set; empty for ONNX's own. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A constant, with its bytes in the graph or in a file beside it. */
export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly bytes?: Uint8Array;
  /** Where the bytes lie, the file relative to the graph. */
  readonly external?: {
    readonly file: string;
    readonly offset: number;
    readonly length: number;
  };
}

/** An input or output of a graph; dimensions by name may differ from run to run. */
export interface OnnxValueInfo {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly (number | string)[];
}

/** A whole graph. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** Inner values that are outputs too, whose types onnxruntime finds out. @default {[]} */
  readonly watched?: readonly string[];
}

/** Version of ONNX's operators that the graphs are written in. */
const opset = 18;

/** A graph as the bytes of an `.onnx` file. */
export async function encodeOnnx(graph: OnnxGraph): Promise<Uint8Array> {
  const { BinaryWriter } = await importPackage("protobuf_wire");
  const writer = new BinaryWriter();
  int(writer, 1, 10); // ir_version
  text(writer, 2, "locref"); // producer_name
  message(writer, 7, () => writeGraph(writer, graph));
  for (
    const [domain, version] of [["", opset], ["com.microsoft", 1]] as const
  ) {
    message(writer, 8, () => {
      text(writer, 1, domain);
      int(writer, 2, version);
    });
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: OnnxGraph): void {
  for (const node of graph.nodes) {
    message(writer, 1, () => writeNode(writer, node));
  }
  text(writer, 2, graph.name);
  for (const one of graph.initializers) {
    message(writer, 5, () => writeInitializer(writer, one));
  }
  for (const input of graph.inputs) {
    message(writer, 11, () => writeValueInfo(writer, input));
  }
  for (const output of graph.outputs) {
    message(writer, 12, () => writeValueInfo(writer, output));
  }
  for (const name of graph.watched ?? []) {
    message(writer, 12, () => text(writer, 1, name));
  }
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  text(writer, 3, node.outputs[0]!);
  text(writer, 4, node.type);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(writer, 5, () => writeAttribute(writer, name, attribute));
  }
  text(writer, 7, node.domain);
}

function writeAttribute(
  writer: BinaryWriter,
  name: string,
  attribute: OnnxAttribute,
): void {
  text(writer, 1, name);
  if ("float" in attribute) {
    writer.uint32(2 << 3 | 5).float(attribute.float);
    int(writer, 20, 1);
  } else if ("int" in attribute) {
    int(writer, 3, attribute.int);
    int(writer, 20, 2);
  } else if ("word" in attribute) {
    text(writer, 4, attribute.word);
    int(writer, 20, 3);
  } else {
    for (const value of attribute.ints) int(writer, 8, value);
    int(writer, 20, 7);
  }
}

function writeInitializer(writer: BinaryWriter, one: OnnxInitializer): void {
  for (const dim of one.shape) int(writer, 1, dim);
  int(writer, 2, onnxTypes[one.type]);
  text(writer, 8, one.name);
  if (one.bytes) writer.uint32(9 << 3 | 2).bytes(one.bytes);
  if (!one.external) return;
  const { file, offset, length } = one.external;
  for (
    const [key, value] of Object.entries({ location: file, offset, length })
  ) {
    message(writer, 13, () => {
      text(writer, 1, key);
      text(writer, 2, String(value));
    });
  }
  int(writer, 14, 1); // data_location EXTERNAL
}

function writeValueInfo(writer: BinaryWriter, value: OnnxValueInfo): void {
  text(writer, 1, value.name);
  message(writer, 2, () =>
    // TypeProto
    message(writer, 1, () => { // tensor_type
      int(writer, 1, onnxTypes[value.type]);
      message(writer, 2, () => { // shape
        for (const dim of value.shape) {
          message(
            writer,
            1,
            () =>
              typeof dim === "number"
                ? int(writer, 1, dim)
                : text(writer, 2, dim),
          );
        }
      });
    }));
}

function int(writer: BinaryWriter, field: number, value: number): void {
  writer.uint32(field << 3).int64(value);
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.uint32(field << 3 | 2).string(value);
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.uint32(field << 3 | 2).fork();
  write();
  writer.join();
}
