/** TensorBoard's event files: TFRecords of `tensorflow.Event` messages. */

import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { crc32c } from "./crc32c.ts";

/** The record that an event file begins with. */
export function versionEvent(wallTime: number): Uint8Array {
  const event = new BinaryWriter();
  event.tag(1, 1).double(wallTime);
  event.tag(3, 2).string("brain.Event:2");
  return record(event.finish());
}

/** A record of numbers by name at one step. `wallTime` is in seconds. */
export function scalarsEvent(
  step: number,
  wallTime: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  // Summary { repeated Value value = 1 }, Value { string tag = 1; float simple_value = 2 }
  const summary = new BinaryWriter();
  for (const [tag, value] of Object.entries(scalars)) {
    summary.tag(1, 2).fork();
    summary.tag(1, 2).string(tag).tag(2, 5).float(value);
    summary.join();
  }
  // Event { double wall_time = 1; int64 step = 2; Summary summary = 5 }
  const event = new BinaryWriter();
  event.tag(1, 1).double(wallTime).tag(2, 0).int64(step);
  event.tag(5, 2).bytes(summary.finish());
  return record(event.finish());
}

/** A TFRecord: length, its checksum, data, their checksum; all little-endian. */
function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedChecksum(data), true);
  return bytes;
}

/** Checksums in TFRecords are turned and shifted, so that a checksum of checksums is none of a pattern. */
function maskedChecksum(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
