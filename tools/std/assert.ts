/**
 * The part of `@std/assert` that this project uses, over `node:assert`, for machines that cannot
 * reach JSR. Same names, same answers, same error class name.
 */

import nodeAssert from "node:assert";

/** What a failed assertion throws. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

// deno-lint-ignore no-explicit-any -- any constructor will do, as in @std/assert
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

function fail(message: string, detail?: string): never {
  throw new AssertionError(
    detail === undefined ? message : `${message}: ${detail}`,
  );
}

/** Fails unless `value` is truthy. */
export function assert(value: unknown, message = ""): asserts value {
  if (!value) fail(message === "" ? "Expected a truthy value" : message);
}

/** Fails unless both values are deeply equal, prototypes included. */
export function assertEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    fail((error as Error).message, message);
  }
}

/** Fails unless `actual` is within `tolerance` of `expected`; by default 1e-7 of its size. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ??
    (Number.isFinite(expected) ? Math.abs(expected * 1e-7) || 1e-7 : 0);
  const delta = Math.abs(expected - actual);
  if (delta <= allowed) return;
  fail(
    `Expected ${actual} to be within ${allowed} of ${expected}, the difference is ${delta}`,
    message,
  );
}

function checkError<E extends Error>(
  error: unknown,
  errorClass?: ErrorClass<E>,
  includes?: string,
  message?: string,
): E {
  if (!(error instanceof Error)) fail("A non-Error object was thrown", message);
  if (errorClass !== undefined && !(error instanceof errorClass)) {
    fail(
      `Expected error to be instance of "${errorClass.name}", but was "${error.constructor.name}": ${error.message}`,
      message,
    );
  }
  if (includes !== undefined && !error.message.includes(includes)) {
    fail(
      `Expected error message to include ${JSON.stringify(includes)}, but got ${
        JSON.stringify(error.message)
      }`,
      message,
    );
  }
  return error as E;
}

/** Fails unless `action` throws an error of the class, with a message that contains `includes`. */
export function assertThrows<E extends Error = Error>(
  action: () => unknown,
  errorClass?: ErrorClass<E>,
  includes?: string,
  message?: string,
): E {
  try {
    action();
  } catch (error) {
    return checkError(error, errorClass, includes, message);
  }
  fail("Expected function to throw", message);
}

/** Fails unless `action`'s promise rejects with an error of the class and a message that contains `includes`. */
export async function assertRejects<E extends Error = Error>(
  action: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  includes?: string,
  message?: string,
): Promise<E> {
  let promise: PromiseLike<unknown>;
  try {
    promise = action();
  } catch {
    fail("Function throws when expected to reject", message);
  }
  try {
    await promise;
  } catch (error) {
    return checkError(error, errorClass, includes, message);
  }
  fail("Expected function to reject", message);
}

/** Fails unless `actual` contains `expected`. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  message?: string,
): void {
  if (actual.includes(expected)) return;
  fail(`Expected actual: "${actual}" to contain: "${expected}"`, message);
}

/** Fails unless `actual` matches `pattern`. */
export function assertMatch(
  actual: string,
  pattern: RegExp,
  message?: string,
): void {
  if (pattern.test(actual)) return;
  fail(`Expected actual: "${actual}" to match: "${pattern}"`, message);
}
