package org.peft4j.testing;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.safetensors.TensorSource;

/**
 * Files of references, which no test writes: a test that reads tensor by tensor opens each once.
 */
public final class ReferenceFiles {
  private static final int OPEN = 8;

  private static final Map<Path, TensorSource> SOURCES =
      new LinkedHashMap<>(2 * OPEN, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Path, TensorSource> eldest) {
          if (size() > OPEN) {
            eldest.getValue().close();
            return true;
          }
          return false;
        }
      };

  private ReferenceFiles() {}

  /** A file's tensors, which stay open: read them before asking for {@value #OPEN} other files. */
  public static synchronized TensorSource of(Path file) {
    return SOURCES.computeIfAbsent(file, TensorSource::open);
  }
}
