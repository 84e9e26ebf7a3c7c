package org.peft4j.transformers.internal.feedforward;

import java.util.Optional;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.internal.model.Mixer;
import org.peft4j.transformers.internal.model.Modules;

/** Makes the part of a block that works on each token separately. */
public final class FeedForward {
  private FeedForward() {}

  public static Mixer of(FeedForwardPart part, Modules modules) {
    LinearModule up = modules.linear(part.up());
    LinearModule down = modules.linear(part.down());
    Optional<GateMaps> gated =
        part.fused()
            ? Optional.of(new FusedGate(up))
            : part.gate().map(gate -> new GateMaps.Separate(modules.linear(gate), up));
    return gated
        .<Mixer>map(maps -> new GatedFeedForward(part.activation(), part.innerSize(), maps, down))
        .orElseGet(() -> new PlainFeedForward(part.activation(), part.innerSize(), up, down));
  }
}
