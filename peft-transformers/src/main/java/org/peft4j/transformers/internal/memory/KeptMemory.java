package org.peft4j.transformers.internal.memory;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;

/** The memory of results kept between the passes, for all replicas of a model. */
public final class KeptMemory implements AutoCloseable {
  private final DataType type;
  private final boolean rounds;
  private final ActivationPool exact;
  private final ActivationPool rounded = new ActivationPool(DataType.BFLOAT16);
  private final List<Room> rooms = new ArrayList<>();

  /**
   * @param type of what layers compute
   * @param held of what blocks keep: the same, or BFLOAT16
   */
  public KeptMemory(DataType type, DataType held) {
    this.type = type;
    this.rounds = type == DataType.FLOAT && held == DataType.BFLOAT16;
    this.exact = new ActivationPool(type);
  }

  /** Whether blocks may round what they keep, and factors of products that have no weight. */
  public boolean rounds() {
    return rounds;
  }

  /** For a layer outside of blocks: its arrays stay as they are. */
  public KeptArrays arrays() {
    return new KeptArrays(exact);
  }

  /** For one run of a block, or of a layer of a UNet: may be rounded between the passes. */
  public KeptArrays arraysOfBlock() {
    return rounds ? new RoundedArrays(this) : arrays();
  }

  ActivationPool exact() {
    return exact;
  }

  ActivationPool rounded() {
    return rounded;
  }

  /** Enters an empty room. */
  synchronized Room enter() {
    for (Room room : rooms) {
      if (room.tryEnter()) {
        return room;
      }
    }
    Room room = new Room(type);
    room.enter();
    rooms.add(room);
    return room;
  }

  /** The bytes of all buffers, free or in use. */
  public synchronized long bytes() {
    return exact.bytes() + rounded.bytes() + rooms.stream().mapToLong(Room::bytes).sum();
  }

  /** Frees the unused buffers now, and each other one when it comes back. */
  @Override
  public synchronized void close() {
    exact.close();
    rounded.close();
    rooms.forEach(Room::close);
  }
}
