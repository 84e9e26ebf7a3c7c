package org.peft4j.onednn.internal;

import java.io.IOException;
import java.util.Objects;
import java.util.regex.Pattern;
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
   * @throws LinkageError if the class path has none for this machine, or an older JavaCPP, as where
   *     a project names ND4J's backend before peft-onednn
   */
  public static void load() {
    requireJavaCpp(javaCpp());
    Loader.load(dnnl.class);
  }

  /** The version of JavaCPP on the class path; empty if unknown. */
  private static String javaCpp() {
    try {
      return Objects.requireNonNullElse(Loader.getVersion(), "");
    } catch (IOException e) {
      return "";
    }
  }

  static void requireJavaCpp(String version) {
    if (Pattern.matches("1\\.[0-4](\\..*)?|1\\.5(\\.([0-9]|1[0-2])(\\D.*)?)?", version)) {
      throw new LinkageError(
          "oneDNN needs JavaCPP 1.5.13 or later, and the class path has "
              + version
              + ". In the project's dependencies, name peft-onednn before ND4J's backend, or"
              + " org.bytedeco:javacpp itself, with the classifier of the platform too");
    }
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
