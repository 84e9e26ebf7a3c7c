package org.peft4j.onednn.internal;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;

/** A compiled operation for fixed shapes. Runs on any addresses. */
public final class Primitive implements AutoCloseable {
  private final primitive operation;
  private final List<memory> arguments = new ArrayList<>();
  private final IntMemoryMap map = new IntMemoryMap();
  private final Address address = new Address();
  private final long scratchpad;

  /** An operation that works in its arguments alone. */
  public Primitive(primitive operation) {
    this.operation = operation;
    scratchpad = 0;
  }

  /**
   * An operation that works in a scratchpad of the user's.
   *
   * @param layout of the scratchpad, which may be empty
   */
  public Primitive(primitive operation, memory.desc layout) {
    this.operation = operation;
    scratchpad = layout.get_size();
    argument(dnnl.DNNL_ARG_SCRATCHPAD, layout);
  }

  /** Declares the next argument: its role, one of {@code DNNL_ARG_…}, and its layout. */
  public Primitive argument(int role, memory.desc layout) {
    memory argument = new memory(layout, Native.ENGINE, address.to(0));
    arguments.add(argument);
    map.put(role, argument);
    return this;
  }

  /** Runs the operation; the addresses follow the declared order of all arguments. */
  public void run(long... addresses) {
    int first = arguments.size() - addresses.length;
    for (int i = 0; i < addresses.length; i++) {
      arguments.get(first + i).set_data_handle(address.to(addresses[i]));
    }
    if (scratchpad > 0) {
      arguments.get(0).set_data_handle(address.to(Scratchpad.address(scratchpad)));
    }
    operation.execute(Native.STREAM, map);
  }

  @Override
  public void close() {
    map.close();
    arguments.forEach(memory::close);
    operation.close();
  }
}
