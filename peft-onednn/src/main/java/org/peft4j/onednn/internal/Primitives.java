package org.peft4j.onednn.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** A cache of compiled operations, which frees the least recently used ones. */
public final class Primitives {
  /** Far more than a training run needs; a bound in case every batch has another length. */
  private static final int MOST = 2000;

  private final LinkedHashMap<Record, Primitive> compiled =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Record, Primitive> eldest) {
          if (size() > MOST) {
            eldest.getValue().close();
            return true;
          }
          return false;
        }
      };

  Primitives() {}

  /** The operation of {@code key}, whose class and fields determine it. */
  public static <K extends Record> Primitive of(K key, Function<K, Primitive> compile) {
    Map<Record, Primitive> known = Workbench.current().primitives().compiled;
    Primitive primitive = known.get(key);
    if (primitive == null) {
      primitive = compile.apply(key);
      known.put(key, primitive);
    }
    return primitive;
  }
}
