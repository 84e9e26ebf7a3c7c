package org.peft4j.kernel;

import java.util.Optional;

/** Brings faster kernels for some hardware; found by {@link java.util.ServiceLoader}. */
public interface KernelsProvider {
  /** What {@code -Dorg.peft4j.kernels} calls them. */
  String name();

  /**
   * The kernels; empty where they are not for ND4J's backend.
   *
   * @throws RuntimeException if they should run here but cannot; likewise a {@link LinkageError}
   */
  Optional<Kernels> create();
}
