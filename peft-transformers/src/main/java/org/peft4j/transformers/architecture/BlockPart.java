package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.peft4j.site.Site;

/**
 * A transformer block: its residual sub-layers, one after the other.
 *
 * @param name its path in the checkpoint: {@code model.layers.0}
 */
public record BlockPart(String name, List<ResidualPart> sublayers) {
  public BlockPart {
    sublayers = List.copyOf(sublayers);
    for (AttentionPart.Source source : AttentionPart.Source.values()) {
      long count = attentions(sublayers).filter(attention -> attention.source() == source).count();
      if (count > 1) {
        throw new IllegalArgumentException(
            name
                + " has "
                + count
                + " attentions to "
                + source
                + "; allowed: one, because a block keeps one set of keys and values for"
                + " generation.");
      }
    }
  }

  /** Its attentions, in the order of the forward pass. */
  public List<AttentionPart> attentions() {
    return attentions(sublayers).toList();
  }

  private static Stream<AttentionPart> attentions(List<ResidualPart> sublayers) {
    return sublayers.stream()
        .flatMap(sublayer -> sublayer.branches().stream())
        .map(BranchPart::mixer)
        .filter(AttentionPart.class::isInstance)
        .map(AttentionPart.class::cast);
  }

  /** Its modules, in the order of the forward pass. */
  public List<ModulePart> modules() {
    return sublayers.stream().flatMap(sublayer -> sublayer.modules().stream()).toList();
  }

  /** The sites of its modules, then those between modules. */
  public List<Site> sites() {
    List<Site> sites = new ArrayList<>(modules().stream().map(ModulePart::site).toList());
    sublayers.forEach(sublayer -> sites.addAll(sublayer.places()));
    return List.copyOf(sites);
  }
}
