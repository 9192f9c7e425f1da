/**
 * MPI through mpich's C library, for data-parallel training: `mpirun -n 2 deno task train …`.
 *
 * Exchanges are begun and then polled, with turns for the event loop in between. So progress,
 * timers and Ctrl-C live while ranks wait for each other.
 */

import { LocRefError } from "../../lib/core/error.ts";
import { type Ranks, soloRank } from "./ranks.ts";

// handles of mpich's application binary interface, which are plain integers
const WORLD = 0x44000000;
const FLOAT = 0x4c00040a;
const SUM = 0x58000003;

const symbols = {
  MPI_Init: { parameters: ["pointer", "pointer"], result: "i32" },
  MPI_Comm_rank: { parameters: ["i32", "buffer"], result: "i32" },
  MPI_Comm_size: { parameters: ["i32", "buffer"], result: "i32" },
  MPI_Iallreduce: {
    parameters: ["pointer", "buffer", "i32", "i32", "i32", "i32", "buffer"],
    result: "i32",
  },
  MPI_Ibarrier: { parameters: ["i32", "buffer"], result: "i32" },
  MPI_Test: { parameters: ["buffer", "buffer", "pointer"], result: "i32" },
  MPI_Finalize: { parameters: [], result: "i32" },
  MPI_Abort: { parameters: ["i32", "i32"], result: "i32" },
} as const;

type Mpi = Deno.DynamicLibrary<typeof symbols>;

/** Values that are exchanged at a time: 16 MiB. */
const pieceLength = 2 ** 22;

/** Values that take longer to move than ranks wait for each other: gradients, not numbers for the log. */
const largeExchange = 2 ** 16;

/**
 * The ranks of this job: those of `mpirun` where it started this process, else this process alone.
 *
 * @throws {LocRefError} `training` if mpirun runs but mpich's library is missing.
 */
export function openRanks(): Ranks {
  const launched = Deno.env.has("PMI_RANK") || Deno.env.has("PMIX_RANK") ||
    Deno.env.has("OMPI_COMM_WORLD_RANK");
  return launched ? new MpiRanks(openLibrary()) : soloRank;
}

function openLibrary(): Mpi {
  try {
    return Deno.dlopen("libmpich.so.12", symbols);
  } catch (cause) {
    throw new LocRefError(
      "training",
      "Started by mpirun, but mpich's libmpich.so.12 cannot be opened: install it with `apt-get install mpich` (Open MPI is not supported)",
      { cause },
    );
  }
}

class MpiRanks implements Ranks {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly localSize: number;
  readonly #mpi: Mpi;
  // made from ArrayBuffers: short typed arrays of another making may be moved by the collector
  readonly #request = new Int32Array(new ArrayBuffer(4));
  readonly #flag = new Int32Array(new ArrayBuffer(4));
  #piece = new Float32Array(new ArrayBuffer(0));

  constructor(mpi: Mpi) {
    this.#mpi = mpi;
    check(mpi.symbols.MPI_Init(null, null), "MPI_Init");
    const number = new Int32Array(new ArrayBuffer(4));
    check(mpi.symbols.MPI_Comm_rank(WORLD, number), "MPI_Comm_rank");
    this.rank = number[0]!;
    check(mpi.symbols.MPI_Comm_size(WORLD, number), "MPI_Comm_size");
    this.size = number[0]!;
    this.localRank = Number(Deno.env.get("MPI_LOCALRANKID") ?? this.rank);
    this.localSize = Number(Deno.env.get("MPI_LOCALNRANKS") ?? this.size);
  }

  async sum(values: Float32Array): Promise<void> {
    for (let at = 0; at < values.length; at += pieceLength) {
      const part = values.subarray(at, at + pieceLength);
      if (this.#piece.length < part.length) {
        this.#piece = new Float32Array(new ArrayBuffer(4 * part.length));
      }
      this.#piece.set(part);
      const { MPI_Iallreduce } = this.#mpi.symbols;
      const inPlace = Deno.UnsafePointer.create(2n ** 64n - 1n);
      check(
        MPI_Iallreduce(
          inPlace,
          this.#piece,
          part.length,
          FLOAT,
          SUM,
          WORLD,
          this.#request,
        ),
        "MPI_Iallreduce",
      );
      await this.#finish(part.length);
      part.set(this.#piece.subarray(0, part.length));
    }
  }

  async barrier(): Promise<void> {
    const { MPI_Ibarrier } = this.#mpi.symbols;
    check(MPI_Ibarrier(WORLD, this.#request), "MPI_Ibarrier");
    await this.#finish();
  }

  /**
   * Waits for the exchange that was begun. MPI moves data only while it is polled,
   * so an exchange of many `values` is polled in a loop with short pauses.
   */
  async #finish(values = 0): Promise<void> {
    const ignoreStatus = Deno.UnsafePointer.create(1n);
    const { MPI_Test } = this.#mpi.symbols;
    for (let tries = 0;; tries++) {
      const breath = performance.now() + (values < largeExchange ? 0 : 5);
      do {
        check(MPI_Test(this.#request, this.#flag, ignoreStatus), "MPI_Test");
        if (this.#flag[0] !== 0) return;
      } while (performance.now() < breath);
      // others may need this core: pauses grow to two milliseconds
      const pause = tries < 20 ? 0 : 2;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  close(): void {
    this.#mpi.symbols.MPI_Finalize();
  }

  abort(code: number): void {
    this.#mpi.symbols.MPI_Abort(WORLD, code);
  }
}

function check(code: number, what: string): void {
  if (code === 0) return;
  throw new LocRefError("training", `${what} failed with error ${code}`);
}

/**
 * Gives each rank of a machine a GPU of its own by setting `CUDA_VISIBLE_DEVICES`; must come
 * before TensorFlow is loaded. Does nothing for a single rank, or without GPUs.
 */
export function claimGpu(ranks: Ranks): void {
  if (ranks.size === 1) return;
  const given = Deno.env.get("CUDA_VISIBLE_DEVICES");
  const gpus = given === undefined ? listGpus() : given.split(",");
  if (gpus.length === 0) return;
  Deno.env.set("CUDA_VISIBLE_DEVICES", gpus[ranks.localRank % gpus.length]!);
}

function listGpus(): string[] {
  try {
    return [...Deno.readDirSync("/dev")]
      .flatMap(({ name }) => /^nvidia(\d+)$/.exec(name)?.[1] ?? [])
      .sort((a, b) => Number(a) - Number(b));
  } catch {
    return [];
  }
}
