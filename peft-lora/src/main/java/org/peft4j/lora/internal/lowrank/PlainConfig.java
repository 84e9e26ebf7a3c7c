package org.peft4j.lora.internal.lowrank;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.config.Bias;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ModuleSelector;
import org.peft4j.lora.LoraConfig;

/** Configs of LoRA adapters that are computed from others: every target by its whole path. */
public final class PlainConfig {
  private PlainConfig() {}

  /** A target by its path, with its rank r and α; it is scaled by α/r. */
  public record Target(String site, int rank, double alpha) {}

  /**
   * A plain LoRA.
   *
   * @param like where task, base model and dropout are from
   * @param targets one at least
   * @param bias whether B has a bias
   */
  public static LoraConfig of(LoraConfig like, List<Target> targets, boolean bias) {
    CommonConfig from = like.common();
    List<String> sites = targets.stream().map(Target::site).toList();
    CommonConfig common =
        new CommonConfig(
            from.taskType(),
            from.baseModel(),
            from.revision(),
            Optional.of(new ModuleSelector.Names(sites)),
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            Bias.NONE,
            Map.of());
    LoraConfig.Builder builder =
        LoraConfig.builder()
            .common(common)
            .rank(targets.get(0).rank())
            .alpha(targets.get(0).alpha())
            .dropout(like.dropout())
            .loraBias(bias)
            .fanInFanOut(like.fanInFanOut());
    boolean uneven =
        targets.stream().mapToInt(Target::rank).distinct().count() > 1
            || targets.stream().mapToDouble(Target::alpha).distinct().count() > 1;
    if (uneven) {
      // A path may end with another one: the longer comes first, as the first that matches counts.
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
