package org.peft4j.transformers.architecture;

import java.util.Optional;
import org.peft4j.kernel.Activation;

/**
 * The part of a block that works on each position by itself: {@code down(f(up(x)))}, or with a gate
 * {@code down(f(gate(x))·up(x))} (Shazeer, 2020).
 *
 * @param gate empty for a plain one
 */
public record FeedForwardPart(
    Activation activation, Optional<LinearPart> gate, LinearPart up, LinearPart down)
    implements MixerPart {}
