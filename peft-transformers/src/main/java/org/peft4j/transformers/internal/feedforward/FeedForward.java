package org.peft4j.transformers.internal.feedforward;

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
    return part.gate()
        .<Mixer>map(
            gate ->
                new GatedFeedForward(
                    part.activation(), part.innerSize(), modules.linear(gate), up, down))
        .orElseGet(() -> new PlainFeedForward(part.activation(), part.innerSize(), up, down));
  }
}
