package org.peft4j.transformers.architecture;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.Site;
import org.peft4j.site.SiteRole;

/**
 * The part of a block that works on each position separately: {@code down(f(up(x)))}, or with a
 * gate {@code down(f(gate(x))·up(x))} (Shazeer, 2020).
 *
 * @param gate empty without a gate, and where it is fused
 * @param up its outputs are twice as many where it is fused with the gate
 * @param fused whether {@code up} computes the gate, then the values that it gates: Phi-3
 */
public record FeedForwardPart(
    Activation activation, Optional<LinearPart> gate, LinearPart up, LinearPart down, boolean fused)
    implements MixerPart {
  public FeedForwardPart {
    if (fused && (gate.isPresent() || up.outputs() % 2 != 0)) {
      throw new IllegalArgumentException(
          up.site().name()
              + " has "
              + up.outputs()
              + " outputs; allowed where it is fused with a gate: an even number, and no other"
              + " gate.");
    }
  }

  /** A part without a gate, or with one of its own. */
  public FeedForwardPart(
      Activation activation, Optional<LinearPart> gate, LinearPart up, LinearPart down) {
    this(activation, gate, up, down, false);
  }

  /** A part with a gate that is fused with {@code up}. */
  public static FeedForwardPart fusedGate(Activation activation, LinearPart up, LinearPart down) {
    return new FeedForwardPart(activation, Optional.empty(), up, down, true);
  }

  /** The width of the activation's input. */
  public long innerSize() {
    return fused ? up.outputs() / 2 : up.outputs();
  }

  /** Whether there is a gate, fused or not. */
  public boolean gated() {
    return fused || gate.isPresent();
  }

  @Override
  public List<ModulePart> modules() {
    return Stream.<ModulePart>concat(gate.stream(), Stream.of(up, down)).toList();
  }

  @Override
  public SiteRole role() {
    return SiteRole.FEED_FORWARD;
  }

  @Override
  public List<Site> places() {
    return List.of();
  }
}
