package org.peft4j.diffusion.internal.architecture;

import java.util.List;
import java.util.stream.Stream;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.NormPart;

/**
 * A block of a transformer on pixels: {@code x + attention(norm(x))} twice, and {@code x +
 * down(u·gelu(g))} with {@code [u, g] = up(norm(x))}.
 *
 * @param first of the first attention, usually between pixels
 * @param second of the second attention, which reads the text
 * @param up maps to values and gates
 */
public record TransformerPart(
    NormPart firstNorm,
    AttentionMaps first,
    NormPart secondNorm,
    AttentionMaps second,
    NormPart thirdNorm,
    LinearPart up,
    LinearPart down) {
  /** Its sites, in the order of the forward pass. */
  public List<Site> sites() {
    return Stream.of(
            List.of(firstNorm.site()),
            first.sites(),
            List.of(secondNorm.site()),
            second.sites(),
            List.of(thirdNorm.site(), up.site(), down.site()))
        .flatMap(List::stream)
        .toList();
  }
}
