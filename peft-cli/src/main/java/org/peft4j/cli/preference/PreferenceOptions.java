package org.peft4j.cli.preference;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.error.PeftException;
import picocli.CommandLine.Option;

/** What a model learns from answers that are better and worse than others. */
public final class PreferenceOptions {
  @Option(
      names = "--objective",
      paramLabel = "NAME",
      description = {
        "What to learn (default: sft):",
        "sft: texts, or the labels of the task;",
        "dpo, orpo, simpo, cpo: to prefer one answer to another, of rows with prompt, chosen and"
            + " rejected, as texts or messages; without prompt, it is what both answers begin with;",
        "reward: a number for each answer, higher for the better one, of the same rows (seq-cls);",
        "kto: which answers are good, of rows with prompt, completion and label, or of such pairs."
      })
  Optional<Goal> goal = Optional.empty();

  @Option(
      names = "--beta",
      paramLabel = "X",
      description =
          "How near the model stays to the reference; of orpo the weight of preferences (default:"
              + " 0.1; of simpo 2).")
  Optional<Double> beta = Optional.empty();

  @Option(
      names = "--loss-type",
      paramLabel = "NAME",
      split = ",",
      description = {
        "Formula, by TRL's names (default: the first).",
        "dpo: sigmoid, hinge, ipo, robust, sigmoid_norm (by the number of tokens), exo_pair, nca_pair,"
            + " bco_pair, sppo_hard, apo_zero, apo_down, discopop, sft; or several with --loss-weights;",
        "cpo: sigmoid, hinge, ipo; kto: kto, apo_zero_unpaired."
      })
  List<String> types = new ArrayList<>();

  @Option(
      names = "--loss-weights",
      paramLabel = "X",
      split = ",",
      description = "Weights of several losses of dpo (default: 1 each).")
  List<Double> weights = new ArrayList<>();

  @Option(
      names = "--reference",
      paramLabel = "base|start|none|DIR",
      description =
          "What dpo and kto compare with: the model without adapters; with the adapter as it is at"
              + " the start; nothing; or with the adapter in a folder (default: base).")
  Optional<String> reference = Optional.empty();

  @Option(
      names = "--flip-rate",
      paramLabel = "E",
      description =
          "Share of the pairs that may be the wrong way round, 0 to 0.5: label_smoothing of TRL, for"
              + " sigmoid, sigmoid_norm, robust, exo_pair and simpo (default: 0; of exo_pair 1e-3).")
  Optional<Double> flipRate = Optional.empty();

  @Option(
      names = "--gamma",
      paramLabel = "X",
      description = "Margin between the answers in simpo (default: 0.5).")
  Optional<Double> gamma = Optional.empty();

  @Option(
      names = "--likelihood-weight",
      paramLabel = "X",
      description =
          "Weight of the cross-entropy of chosen answers in cpo and simpo: cpo_alpha of TRL (default:"
              + " 1 in cpo, 0 in simpo).")
  Optional<Double> likelihood = Optional.empty();

  @Option(
      names = "--reward-alpha",
      paramLabel = "X",
      description = "Shape of the rewards in cpo and simpo: alpha of AlphaPO (default: 0).")
  Optional<Double> alpha = Optional.empty();

  @Option(
      names = "--discopop-tau",
      paramLabel = "X",
      description = "Temperature of the loss discopop (default: 0.05).")
  Optional<Double> tau = Optional.empty();

  @Option(
      names = "--desirable-weight",
      paramLabel = "X",
      description = "Weight of good answers in kto (default: 1).")
  Optional<Double> desirable = Optional.empty();

  @Option(
      names = "--undesirable-weight",
      paramLabel = "X",
      description = "Weight of bad answers in kto (default: 1).")
  Optional<Double> undesirable = Optional.empty();

  @Option(
      names = "--centering",
      paramLabel = "X",
      description =
          "Weight of (r₊ + r₋)² in reward, which keeps rewards around 0: center_rewards_coefficient of"
              + " TRL (default: 0).")
  Optional<Double> centering = Optional.empty();

  /** Whether the objective is one of preferences. */
  public boolean isUsed() {
    return goal() != Goal.SFT;
  }

  /** What the loss is the mean over; empty for other objectives. */
  public Optional<String> predictions() {
    return isUsed() ? Optional.of(goal() == Goal.KTO ? "answers" : "pairs") : Optional.empty();
  }

  /** Whether a reward model is trained. */
  public boolean isReward() {
    return goal() == Goal.REWARD;
  }

  Goal goal() {
    return goal.orElse(Goal.SFT);
  }

  double beta() {
    return beta.orElse(goal().beta());
  }

  /**
   * Fails if an option is given that the objective has no use for.
   *
   * @throws PeftException with the option, and what it is for
   */
  public void requireUse() {
    requireFor(
        "--beta", beta.isPresent(), isUsed() && !isReward(), "dpo, orpo, simpo, cpo and kto");
    requireFor("--centering", centering.isPresent(), isReward(), "reward");
    boolean typed = goal() == Goal.DPO || goal() == Goal.CPO || goal() == Goal.KTO;
    requireFor("--loss-type", !types.isEmpty(), typed, "dpo, cpo and kto");
    requireFor("--loss-weights", !weights.isEmpty(), goal() == Goal.DPO, "dpo");
    requireFor("--reference", reference.isPresent(), goal().compares(), "dpo and kto");
    boolean pairs = goal() == Goal.DPO || ofContrast();
    requireFor("--flip-rate", flipRate.isPresent(), pairs, "dpo, cpo and simpo");
    requireFor("--gamma", gamma.isPresent(), goal() == Goal.SIMPO, "simpo");
    requireFor("--likelihood-weight", likelihood.isPresent(), ofContrast(), "cpo and simpo");
    requireFor("--reward-alpha", alpha.isPresent(), ofContrast(), "cpo and simpo");
    requireFor("--discopop-tau", tau.isPresent(), goal() == Goal.DPO, "dpo");
    requireFor("--desirable-weight", desirable.isPresent(), goal() == Goal.KTO, "kto");
    requireFor("--undesirable-weight", undesirable.isPresent(), goal() == Goal.KTO, "kto");
  }

  private boolean ofContrast() {
    return goal() == Goal.CPO || goal() == Goal.SIMPO;
  }

  private void requireFor(String option, boolean given, boolean used, String goals) {
    if (given && !used) {
      throw new PeftException(
          "%s is for --objective %s; the objective is %s."
              .formatted(option, goals, goal().typed()));
    }
  }

  /**
   * Fails if an option of other objectives is given.
   *
   * @param instead what to do, in a sentence
   */
  public void refuse(String option, boolean given, String instead) {
    if (given && isUsed()) {
      throw new PeftException(
          "%s is not for --objective %s. %s".formatted(option, goal().typed(), instead));
    }
  }
}
