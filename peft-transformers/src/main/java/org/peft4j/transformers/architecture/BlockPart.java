package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.peft4j.site.Site;

/**
 * A transformer block: its residual sub-layers, one after the other. With {@code times}, all of
 * them run so often, with the same weights: {@code y = block(block(…(x)))}, ALBERT.
 *
 * @param name its path in the checkpoint: {@code model.layers.0}
 * @param times how often it runs, 1 and above
 */
public record BlockPart(String name, List<ResidualPart> sublayers, int times) {
  public BlockPart {
    sublayers = List.copyOf(sublayers);
    if (times < 1) {
      throw new IllegalArgumentException(name + " runs " + times + " times; allowed: 1 and above.");
    }
    for (AttentionPart.Source source : AttentionPart.Source.values()) {
      List<AttentionPart> all =
          attentions(sublayers).filter(attention -> attention.source() == source).toList();
      boolean steps = all.stream().anyMatch(a -> a.causal() || source != AttentionPart.Source.SELF);
      if (steps && (long) all.size() * times > 1) {
        throw new IllegalArgumentException(
            name
                + " has "
                + (long) all.size() * times
                + " attentions to "
                + source
                + "; allowed: one, because a block keeps one set of keys and values for"
                + " generation.");
      }
    }
  }

  /** A block that runs once. */
  public BlockPart(String name, List<ResidualPart> sublayers) {
    this(name, sublayers, 1);
  }

  /** Whether it can run in steps of tokens: it has one set of keys and values to keep. */
  public boolean steps() {
    return times == 1
        && attentions().stream().filter(a -> a.source() == AttentionPart.Source.SELF).count() < 2;
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
