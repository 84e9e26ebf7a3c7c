package org.peft4j.onednn.internal.vector;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this JVM computes with vector instructions: it was started with {@code --add-modules
 * jdk.incubator.vector}, on a processor with vectors of 256 bits or more.
 */
public final class VectorUnit {
  private static final Logger LOG = LoggerFactory.getLogger(VectorUnit.class);

  public static final boolean PRESENT = find();

  private VectorUnit() {}

  private static boolean find() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return false;
    }
    int bits = HalfRows.LANES * Float.SIZE;
    LOG.info("Vector instructions of {} bits", bits);
    return bits >= 256;
  }
}
