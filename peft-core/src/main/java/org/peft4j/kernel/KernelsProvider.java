package org.peft4j.kernel;

import java.util.Optional;

/** Provides faster kernels for some hardware; found by {@link java.util.ServiceLoader}. */
public interface KernelsProvider {
  /** Their name in {@code -Dorg.peft4j.kernels}. */
  String name();

  /**
   * The kernels; empty if they are not for ND4J's backend.
   *
   * @throws RuntimeException if they should run here but cannot; likewise a {@link LinkageError}
   */
  Optional<Kernels> create();
}
