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
 * @param gate empty without a gate
 */
public record FeedForwardPart(
    Activation activation, Optional<LinearPart> gate, LinearPart up, LinearPart down)
    implements MixerPart {
  /** The width of the activation's input. */
  public long innerSize() {
    return up.outputs();
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
