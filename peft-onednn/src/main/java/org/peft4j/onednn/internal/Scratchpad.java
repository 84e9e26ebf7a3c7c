package org.peft4j.onednn.internal;

import org.bytedeco.javacpp.BytePointer;

/**
 * Memory that operations work in, one after the other: as large as the largest needs. oneDNN's own
 * would be allocated and freed in every call, which leaves holes in the memory of the process.
 */
final class Scratchpad {
  /** oneDNN aligns what it puts there by itself, to this at most. */
  private static final long ALIGNMENT = 4096;

  private BytePointer memory = new BytePointer();
  private long size;

  /** The address of so many bytes, which the next operation overwrites. */
  static long address(long bytes) {
    return Workbench.current().scratchpad().atLeast(bytes);
  }

  private long atLeast(long bytes) {
    if (bytes > size) {
      memory.close();
      memory = new BytePointer(bytes + ALIGNMENT);
      size = bytes;
    }
    return (memory.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
