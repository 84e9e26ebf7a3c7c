package org.peft4j.onednn.internal;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;

/** A compiled operation for fixed shapes. Runs on any addresses. */
public final class Primitive implements AutoCloseable {
  private final primitive operation;
  private final List<memory> arguments = new ArrayList<>();
  private final IntMemoryMap map = new IntMemoryMap();
  private final Address address = new Address();

  public Primitive(primitive operation) {
    this.operation = operation;
  }

  /** Declares the next argument: its role, one of {@code DNNL_ARG_…}, and its layout. */
  public Primitive argument(int role, memory.desc layout) {
    memory argument = new memory(layout, Native.ENGINE, address.to(0));
    arguments.add(argument);
    map.put(role, argument);
    return this;
  }

  /** Runs the operation; the addresses follow the declared order of the arguments. */
  public void run(long... addresses) {
    for (int i = 0; i < addresses.length; i++) {
      arguments.get(i).set_data_handle(address.to(addresses[i]));
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
