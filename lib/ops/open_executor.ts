import { LocRefError } from "../core/error.ts";
import type { Backend, OpenExecutorOptions } from "./backend.ts";
import {
  automaticBackends,
  type BackendName,
  backendNamed,
  backends,
} from "./backends.ts";
import type { Executor } from "./executor.ts";

/** A backend that was tried and failed, and why. */
export interface TriedBackend {
  /** The backend. */
  readonly name: BackendName;
  /** Why it does not work here, and what to install. */
  readonly reason: string;
}

/** An executor with the story of how it was chosen. */
export interface OpenedExecutor {
  readonly executor: Executor;
  readonly name: BackendName;
  /** Backends that `auto` tried first, and why each failed. */
  readonly tried: readonly TriedBackend[];
}

/**
 * Opens the backend `name`, or the first one that works.
 *
 * @throws {LocRefError} `backend-missing`, with the reason and what to install.
 * @throws {RangeError} if there is no backend of that name.
 */
export async function openExecutor(
  name: BackendName | "auto" = "auto",
  options: OpenExecutorOptions = {},
): Promise<OpenedExecutor> {
  if (name !== "auto") {
    return {
      executor: await open(backendNamed(name), options),
      name,
      tried: [],
    };
  }
  const tried: TriedBackend[] = [];
  for (const candidate of automaticBackends()) {
    try {
      checkExists(candidate);
      checkFits(candidate, options);
      const refused = await candidate.refusedByAuto?.();
      if (refused !== undefined) throw refused;
      const executor = await open(candidate, options);
      return { executor, name: candidate.name, tried };
    } catch (error) {
      tried.push({
        name: candidate.name,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }
  throw new LocRefError(
    "backend-missing",
    `No backend works here (${reasonsIn(tried)})`,
  );
}

/** Why each backend failed, in a line: each name once, and each reason once. */
export function reasonsIn(tried: readonly TriedBackend[]): string {
  const reasons = Map.groupBy(tried, ({ name, reason }) => {
    const own = `Backend "${name}" `;
    return reason.startsWith(own)
      ? ` ${reason.slice(own.length)}`
      : `: ${reason}`;
  });
  return [...reasons].map(([reason, same]) =>
    `${same.map(({ name }) => name).join(", ")}${reason}`
  ).join("; ");
}

function checkExists(backend: Backend): void {
  const { name } = backend, reason = backend.missing?.();
  if (reason === undefined) return;
  throw new LocRefError(
    "backend-missing",
    `Backend "${name}" is not available (${reason})`,
  );
}

/** Refuses options that a backend does not have. */
function checkFits(
  backend: Backend,
  { int8, precision }: OpenExecutorOptions,
): void {
  const { name } = backend;
  if (int8 && !backend.int8) {
    throw new LocRefError(
      "backend-missing",
      `Backend "${name}" has no eight-bit products: use ${
        namesOf((one) => one.int8)
      }, or leave int8 out`,
    );
  }
  if (precision === "float16" && !backend.half) {
    throw new LocRefError(
      "backend-missing",
      `Backend "${name}" can compute in float32 only: use ${
        namesOf((one) => one.half)
      }, or leave precision out`,
    );
  }
}

function namesOf(fits: (backend: Backend) => boolean | undefined): string {
  return [...backends].filter(fits).map(({ name }) => name).join(", ");
}

async function open(
  backend: Backend,
  options: OpenExecutorOptions,
): Promise<Executor> {
  checkFits(backend, options);
  return await backend.open(options);
}
