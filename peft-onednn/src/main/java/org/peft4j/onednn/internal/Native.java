package org.peft4j.onednn.internal;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Loader;

/** The library, with one engine and one stream; every call returns when it is done. */
public final class Native {
  public static final engine ENGINE = new engine(engine.kind.cpu, 0);
  public static final stream STREAM = new stream(ENGINE);

  private Native() {}

  /**
   * Loads the library.
   *
   * @throws LinkageError if the class path has none for this machine
   */
  public static void load() {
    Loader.load(dnnl.class);
  }

  /** A dense row-major array. */
  public static memory.desc dense(long... dimensions) {
    long[] strides = new long[dimensions.length];
    long stride = 1;
    for (int i = dimensions.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dimensions[i];
    }
    return strided(memory.data_type.f32, dimensions, strides);
  }

  public static memory.desc strided(memory.data_type type, long[] dimensions, long[] strides) {
    return new memory.desc(dimensions, type, strides);
  }
}
