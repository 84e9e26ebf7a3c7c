package org.peft4j.transformers.internal.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.DetachedArrays;

/**
 * Memory in which one layer at a time has the arrays that it keeps. The n-th array of every layer
 * lies in the same buffer, so that a pass needs the memory of its largest layer; a layer finds its
 * arrays at the same addresses when it enters again.
 */
final class Room {
  /** A buffer, and how many arrays of layers lie in it. */
  private static final class Buffer {
    private final INDArray memory;
    private int users;

    /** Whether a longer one has taken its place. */
    private boolean replaced;

    Buffer(INDArray memory) {
      this.memory = memory;
    }
  }

  /** An array in this room. */
  final class Place {
    private final Buffer buffer;
    private final INDArray array;

    private Place(Buffer buffer, INDArray array) {
      this.buffer = buffer;
      this.array = array;
    }

    INDArray array() {
      return array;
    }

    /** Gives the array up, whose values nobody needs any more. */
    void leave() {
      giveUp(buffer);
    }
  }

  private final DataType type;
  private final ReentrantLock taken = new ReentrantLock();
  private final List<Buffer> buffers = new ArrayList<>();
  private int next;
  private long bytes;
  private boolean closed;

  Room(DataType type) {
    this.type = type;
  }

  /** Enters if nobody is in the room. */
  boolean tryEnter() {
    boolean entered = !taken.isHeldByCurrentThread() && taken.tryLock();
    next = entered ? 0 : next;
    return entered;
  }

  /** Enters once the room is empty. */
  void enter() {
    taken.lock();
    next = 0;
  }

  void leave() {
    taken.unlock();
  }

  /** The next array of the layer in the room: row-major, uninitialised. */
  synchronized Place place(long... shape) {
    long length = 1;
    for (long size : shape) {
      length *= size;
    }
    if (next == buffers.size()) {
      buffers.add(buffer(length));
    } else if (buffers.get(next).memory.length() < length) {
      Buffer shorter = buffers.set(next, buffer(length));
      shorter.replaced = true;
      freeUnused(shorter);
    }
    Buffer buffer = buffers.get(next);
    next++;
    buffer.users++;
    return new Place(
        buffer, Nd4j.create(buffer.memory.data(), shape, Nd4j.getStrides(shape, 'c'), 0));
  }

  private Buffer buffer(long length) {
    bytes += length * type.width();
    return new Buffer(DetachedArrays.uninitialized(type, length));
  }

  private synchronized void giveUp(Buffer buffer) {
    buffer.users--;
    freeUnused(buffer);
  }

  private void freeUnused(Buffer buffer) {
    if (buffer.users == 0 && (buffer.replaced || closed) && !buffer.memory.wasClosed()) {
      bytes -= buffer.memory.length() * type.width();
      buffer.memory.close();
    }
  }

  synchronized long bytes() {
    return bytes;
  }

  /** Frees the unused buffers now, and each other one when its last array is given up. */
  synchronized void close() {
    closed = true;
    buffers.forEach(this::freeUnused);
  }
}
