package org.peft4j.start;

import java.util.Optional;
import java.util.ServiceLoader;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;

/**
 * A start that a config can ask for and that needs data, such as LoRA's EVA. The module of the
 * method registers it through {@link ServiceLoader}.
 *
 * <pre>{@code
 * Optional<DataStart> start = DataStart.of(config);
 * PeftConfig first = start.map(s -> s.before(config)).orElse(config);
 * PeftModel<ComputationGraph> model = Peft.wrap(graph, first);
 * start.ifPresent(s -> s.begin(model, Peft.DEFAULT_ADAPTER)); // then observe and apply
 * }</pre>
 */
public interface DataStart {
  /** What a config calls it, for messages: {@code eva}. */
  String name();

  /** Whether a config asks for it. */
  boolean isAskedBy(PeftConfig config);

  /** The config to add the adapter with, before it has seen data. */
  PeftConfig before(PeftConfig config);

  /**
   * Begins.
   *
   * @param adapter a new, active adapter of {@link #before}
   * @throws org.peft4j.error.PeftException if the adapter cannot start so
   */
  FirstValues begin(PeftModel<?> model, String adapter);

  /** The start that a config asks for, of those on the class path; empty if it needs no data. */
  static Optional<DataStart> of(PeftConfig config) {
    return ServiceLoader.load(DataStart.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(start -> start.isAskedBy(config))
        .findFirst();
  }
}
