package org.peft4j.lora.internal.lowrank;

import java.util.Comparator;
import java.util.List;
import org.peft4j.config.ModuleSelector;
import org.peft4j.lora.LoraConfig;

/** Configs of LoRA adapters computed from others: every target by its whole path. */
public final class PlainConfig {
  private PlainConfig() {}

  /** A target by its path, with its rank r and α; its scale is α/r. */
  public record Target(String site, int rank, double alpha) {}

  /**
   * A plain LoRA.
   *
   * @param like the source of task, base model and dropout
   * @param targets at least one
   * @param bias whether B has a bias
   */
  public static LoraConfig of(LoraConfig like, List<Target> targets, boolean bias) {
    List<String> sites = targets.stream().map(Target::site).toList();
    LoraConfig.Builder builder =
        LoraConfig.builder()
            .common(like.common().description())
            .target(new ModuleSelector.Names(sites))
            .rank(targets.get(0).rank())
            .alpha(targets.get(0).alpha())
            .dropout(like.dropout())
            .loraBias(bias)
            .fanInFanOut(like.fanInFanOut());
    boolean uneven =
        targets.stream().mapToInt(Target::rank).distinct().count() > 1
            || targets.stream().mapToDouble(Target::alpha).distinct().count() > 1;
    if (uneven) {
      // A path may end with another one: the longer comes first, because the first match counts.
      targets.stream()
          .sorted(Comparator.comparingInt((Target target) -> target.site().length()).reversed())
          .forEach(
              target -> {
                String pattern = target.site().replace(".", "\\.");
                builder.rankPattern(pattern, target.rank());
                builder.alphaPattern(pattern, target.alpha());
              });
    }
    return builder.build();
  }
}
