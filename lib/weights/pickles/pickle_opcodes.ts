/** Instructions of pickles, protocols 0 to 5, by their codes (Python's `pickletools` describes them). */

import { PickleFault } from "./pickle_fault.ts";
import { quote } from "../../core/quote.ts";
import { pickleLimits } from "./pickle_limits.ts";
import type { PickleMachine } from "./pickle_machine.ts";
import { PickleSymbol } from "./pickle_values.ts";

type Instruction = (machine: PickleMachine) => void;

const constants: readonly (readonly [string, Instruction])[] = [
  ["N", (m) => m.push(null)],
  ["\x88", (m) => m.push(true)],
  ["\x89", (m) => m.push(false)],
  ["I", (m) => m.push(numberOfLine(m.cursor.line()))],
  ["L", (m) => m.push(numberOfLine(m.cursor.line().replace(/L$/, "")))],
  ["J", (m) => m.push(m.cursor.int32())],
  ["K", (m) => m.push(m.cursor.byte())],
  ["M", (m) => m.push(m.cursor.uint16())],
  ["\x8a", (m) => m.push(m.cursor.integer(m.cursor.byte()))],
  ["\x8b", (m) => m.push(m.cursor.integer(m.cursor.int32()))],
  ["F", (m) => m.push(Number(m.cursor.line()))],
  ["G", (m) => m.push(m.cursor.double())],
];

const texts: readonly (readonly [string, Instruction])[] = [
  ["S", (m) => m.push(m.cursor.line().replace(/^(['"])(.*)\1$/, "$2"))],
  ["V", (m) => m.push(m.cursor.line())],
  ["T", (m) => m.push(m.cursor.text(m.cursor.int32()))],
  ["U", (m) => m.push(m.cursor.text(m.cursor.byte()))],
  ["X", (m) => m.push(m.cursor.text(m.cursor.uint32()))],
  ["\x8c", (m) => m.push(m.cursor.text(m.cursor.byte()))],
  ["\x8d", (m) => m.push(m.cursor.text(m.cursor.length64()))],
  ["B", (m) => m.push(m.cursor.take(m.cursor.uint32()))],
  ["C", (m) => m.push(m.cursor.take(m.cursor.byte()))],
  ["\x8e", (m) => m.push(m.cursor.take(m.cursor.length64()))],
  ["\x96", (m) => m.push(m.cursor.take(m.cursor.length64()))],
];

const containers: readonly (readonly [string, Instruction])[] = [
  ["}", (m) => m.pushContainer(new Map())],
  ["]", (m) => m.pushContainer([])],
  [")", (m) => m.pushContainer([])],
  ["\x8f", (m) => m.pushContainer([])],
  ["l", (m) => m.pushContainer(m.popToMark())],
  ["t", (m) => m.pushContainer(m.popToMark())],
  ["\x91", (m) => m.pushContainer(m.popToMark())],
  ["\x85", (m) => m.pushContainer(last(m, 1))],
  ["\x86", (m) => m.pushContainer(last(m, 2))],
  ["\x87", (m) => m.pushContainer(last(m, 3))],
  ["d", dictOfMark],
  ["s", (m) => m.setItems(last(m, 2))],
  ["u", (m) => m.setItems(m.popToMark())],
  ["a", (m) => m.append(last(m, 1))],
  ["e", (m) => m.append(m.popToMark())],
  ["\x90", (m) => m.append(m.popToMark())],
];

const stack: readonly (readonly [string, Instruction])[] = [
  ["(", (m) => m.mark()],
  [".", (m) => m.stop()],
  ["0", (m) => void m.pop()],
  ["1", (m) => void m.popToMark()],
  ["2", (m) => m.push(m.top())],
  ["p", (m) => m.remember(indexOfLine(m.cursor.line()))],
  ["q", (m) => m.remember(m.cursor.byte())],
  ["r", (m) => m.remember(m.cursor.uint32())],
  ["\x94", (m) => m.remember()],
  ["g", (m) => m.recall(indexOfLine(m.cursor.line()))],
  ["h", (m) => m.recall(m.cursor.byte())],
  ["j", (m) => m.recall(m.cursor.uint32())],
  ["\x80", protocol],
  ["\x95", (m) => void m.cursor.length64()],
];

const calls: readonly (readonly [string, Instruction])[] = [
  ["c", (m) => m.push(symbolOfLines(m))],
  ["\x93", (m) => m.push(symbolOf(...last(m, 2)))],
  ["Q", (m) => m.push(m.storage(m.pop()))],
  ["P", (m) => m.push(m.storage(m.cursor.line()))],
  ["R", (m) => callLast(m, 2)],
  ["\x81", (m) => callLast(m, 2)],
  ["\x92", (m) => callLast(m, 3)],
  ["b", (m) => m.build()],
  ["i", (m) => {
    const made = symbolOfLines(m);
    m.push(m.call(made, m.popToMark()));
  }],
  ["o", (m) => {
    const [made, ...args] = m.popToMark();
    m.push(m.call(made, args));
  }],
  ["\x82", (m) => extension(m.cursor.byte())],
  ["\x83", (m) => extension(m.cursor.uint16())],
  ["\x84", (m) => extension(m.cursor.uint32())],
];

/** Instructions by their code. */
export const opcodes: readonly (Instruction | undefined)[] = table();

function table(): (Instruction | undefined)[] {
  const list = Array<Instruction | undefined>(256).fill(undefined);
  for (const group of [constants, texts, containers, stack, calls]) {
    for (const [code, run] of group) list[code.charCodeAt(0)] = run;
  }
  return list;
}

/** The last `count` values, in the order in which they were put down. */
function last(machine: PickleMachine, count: number): unknown[] {
  return Array.from({ length: count }, () => machine.pop()).reverse();
}

function callLast(machine: PickleMachine, count: number): void {
  const [made, args] = last(machine, count);
  machine.push(machine.call(made, args));
}

function dictOfMark(machine: PickleMachine): void {
  const items = machine.popToMark();
  machine.pushContainer(new Map());
  machine.setItems(items);
}

function protocol(machine: PickleMachine): void {
  const version = machine.cursor.byte();
  if (version > 5) {
    throw new PickleFault(
      `it is of pickle protocol ${version}, known are 0 to 5`,
    );
  }
}

function symbolOfLines(machine: PickleMachine): PickleSymbol {
  const module = machine.cursor.line();
  return new PickleSymbol(module, machine.cursor.line());
}

function symbolOf(module?: unknown, name?: unknown): PickleSymbol {
  if (typeof module === "string" && typeof name === "string") {
    return new PickleSymbol(module, name);
  }
  throw new PickleFault(
    `it names a class by ${quote(module)} and ${quote(name)}`,
  );
}

function extension(code: number): never {
  throw new PickleFault(
    `it names a class by the number ${code}, which only the program that wrote it knows`,
  );
}

function indexOfLine(line: string): number {
  if (/^\d{1,9}$/.test(line)) return Number(line);
  throw new PickleFault(`it remembers a value under ${quote(line)}`);
}

/** `00` and `01` are how old protocols write false and true. */
function numberOfLine(line: string): number | boolean | bigint {
  if (line === "00" || line === "01") return line === "01";
  if (!/^\s*[+-]?\d+\s*$/.test(line) || line.length > pickleLimits.digits) {
    throw new PickleFault(
      `it holds ${quote(line)}, where a whole number was expected`,
    );
  }
  const value = Number(line);
  return Number.isSafeInteger(value) ? value : BigInt(line);
}
