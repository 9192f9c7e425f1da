/** A fault of a checkpoint, as the end of a sentence that begins with the file's name. */
export class PickleFault extends RangeError {}
