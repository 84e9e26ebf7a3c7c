package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.kernel.Activation;

/**
 * A layer of a head before its output: {@code norm(f(W·x (+ b)))}.
 *
 * @param norm empty for most families; ModernBERT has one
 */
public record DensePart(LinearPart linear, Activation activation, Optional<NormPart> norm) {
  /** A layer without a norm. */
  public static DensePart of(LinearPart linear, Activation activation) {
    return new DensePart(linear, activation, Optional.empty());
  }

  /** Its modules, in the order of the forward pass. */
  public List<ModulePart> modules() {
    List<ModulePart> modules = new ArrayList<>();
    modules.add(linear);
    norm.ifPresent(modules::add);
    return modules;
  }
}
