package org.peft4j.onednn.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A cache of compiled operations, which frees the least recently used ones. Each thread has its
 * own, because an operation holds the addresses of its call, and one more for its lane, where
 * operations are made for a single thread.
 */
public final class Primitives {
  /** Far more than a training run needs; a bound in case every batch has another length. */
  private static final int MOST = 2000;

  private static final ThreadLocal<Primitives> OF_THREAD = ThreadLocal.withInitial(Primitives::new);

  private static final ThreadLocal<Primitives> OF_LANE = ThreadLocal.withInitial(Primitives::new);

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

  private Primitives() {}

  /** The operation of {@code key}, whose class and fields determine it. */
  public static <K extends Record> Primitive of(K key, Function<K, Primitive> compile) {
    Map<Record, Primitive> known = (Lanes.inside() ? OF_LANE : OF_THREAD).get().compiled;
    Primitive primitive = known.get(key);
    if (primitive == null) {
      primitive = compile.apply(key);
      known.put(key, primitive);
    }
    return primitive;
  }
}
