package org.peft4j.onednn.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The operations compiled so far, by what they are for; the longest unused ones are freed. Each
 * thread has its own: an operation holds the addresses of its call.
 */
public final class Primitives {
  /** Far more than the shapes of a training; a bound where every batch has another length. */
  private static final int MOST = 2000;

  private static final ThreadLocal<Primitives> OF_THREAD = ThreadLocal.withInitial(Primitives::new);

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

  /** The operation of {@code key}, whose class and fields tell everything that it depends on. */
  public static <K extends Record> Primitive of(K key, Function<K, Primitive> compile) {
    Map<Record, Primitive> known = OF_THREAD.get().compiled;
    Primitive primitive = known.get(key);
    if (primitive == null) {
      primitive = compile.apply(key);
      known.put(key, primitive);
    }
    return primitive;
  }
}
