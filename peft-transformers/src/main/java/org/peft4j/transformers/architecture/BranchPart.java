package org.peft4j.transformers.architecture;

import java.util.Optional;
import org.peft4j.site.Site;

/**
 * A branch beside a residual connection: {@code after(mixer(before(x)))}.
 *
 * @param before the norm of its input
 * @param after the norm of its output
 * @param place where adapters change its output, before it is added
 */
public record BranchPart(
    Optional<NormPart> before, MixerPart mixer, Optional<NormPart> after, Site place) {}
