package org.peft4j.cli.preference;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.peft4j.cli.options.OptionNames;
import org.peft4j.error.PeftException;
import org.peft4j.train.preference.loss.CpoLoss;
import org.peft4j.train.preference.loss.DiscoPopLoss;
import org.peft4j.train.preference.loss.ExoLoss;
import org.peft4j.train.preference.loss.HingeLoss;
import org.peft4j.train.preference.loss.IpoLoss;
import org.peft4j.train.preference.loss.KtoLoss;
import org.peft4j.train.preference.loss.LikelihoodLoss;
import org.peft4j.train.preference.loss.OrpoLoss;
import org.peft4j.train.preference.loss.PairLoss;
import org.peft4j.train.preference.loss.RatioLoss;
import org.peft4j.train.preference.loss.RobustLoss;
import org.peft4j.train.preference.loss.SigmoidLoss;
import org.peft4j.train.preference.loss.WeightedLosses;

/** The loss that the options describe. */
final class LossChoice {
  static final OptionNames OPTIONS =
      new OptionNames(
          Map.of(
              "beta is", "--beta is",
              "labelSmoothing", "--flip-rate",
              "likelihoodWeight", "--likelihood-weight",
              "gamma", "--gamma",
              "centering", "--centering",
              "alpha is", "--reward-alpha is",
              "tau is", "--discopop-tau is",
              "desirableWeight", "--desirable-weight",
              "undesirableWeight", "--undesirable-weight",
              "A weight of a loss", "A weight of --loss-weights"));

  private static final double EXO_FLIP_RATE = 1e-3;
  private static final List<String> DPO =
      List.of(
          "sigmoid",
          "hinge",
          "ipo",
          "robust",
          "sigmoid_norm",
          "exo_pair",
          "nca_pair",
          "bco_pair",
          "sppo_hard",
          "apo_zero",
          "apo_down",
          "discopop",
          "sft");
  private static final List<String> SMOOTHED =
      List.of("sigmoid", "sigmoid_norm", "robust", "exo_pair");

  private final PreferenceOptions options;

  LossChoice(PreferenceOptions options) {
    this.options = options;
  }

  /** The loss of dpo, orpo, simpo or cpo. */
  PairLoss ofPairs() {
    return switch (options.goal()) {
      case DPO -> ofDpo();
      case ORPO -> new OrpoLoss(options.beta());
      case SIMPO ->
          new CpoLoss(
              CpoLoss.Kind.SIMPO,
              options.beta(),
              flipRate(),
              options.likelihood.orElse(0.0),
              options.gamma.orElse(0.5),
              options.alpha.orElse(0.0));
      case CPO ->
          new CpoLoss(
              CpoLoss.Kind.valueOf(upper(only(List.of("sigmoid", "hinge", "ipo")))),
              options.beta(),
              flipRate(),
              options.likelihood.orElse(1.0),
              0,
              options.alpha.orElse(0.0));
      case SFT, KTO, REWARD -> throw new IllegalStateException(options.goal() + " has no pairs");
    };
  }

  /** The loss of kto. */
  KtoLoss ofRated() {
    return new KtoLoss(
        KtoLoss.Kind.valueOf(upper(only(List.of("kto", "apo_zero_unpaired")))),
        options.beta(),
        options.desirable.orElse(1.0),
        options.undesirable.orElse(1.0));
  }

  private PairLoss ofDpo() {
    List<String> types = options.types.isEmpty() ? List.of("sigmoid") : options.types;
    types.forEach(type -> requireKnown(type, DPO));
    if (options.flipRate.isPresent() && Collections.disjoint(types, SMOOTHED)) {
      throw new PeftException(
          "--flip-rate is for --loss-type %s; given: %s."
              .formatted(String.join(", ", SMOOTHED), String.join(", ", types)));
    }
    if (options.tau.isPresent() && !types.contains("discopop")) {
      throw new PeftException(
          "--discopop-tau is for --loss-type discopop; given: " + String.join(", ", types) + ".");
    }
    List<Double> weights =
        options.weights.isEmpty() ? Collections.nCopies(types.size(), 1.0) : options.weights;
    List<PairLoss> losses = new ArrayList<>();
    types.forEach(type -> losses.add(ofDpo(type)));
    return losses.size() == 1 && options.weights.isEmpty()
        ? losses.get(0)
        : new WeightedLosses(losses, weights);
  }

  private PairLoss ofDpo(String type) {
    double beta = options.beta();
    return switch (type) {
      case "sigmoid" -> new SigmoidLoss(beta, flipRate(), false);
      case "sigmoid_norm" -> new SigmoidLoss(beta, flipRate(), true);
      case "hinge" -> new HingeLoss(beta);
      case "ipo" -> new IpoLoss(beta);
      case "robust" -> new RobustLoss(beta, flipRate());
      case "exo_pair" -> new ExoLoss(beta, options.flipRate.orElse(EXO_FLIP_RATE));
      case "discopop" -> new DiscoPopLoss(beta, options.tau.orElse(0.05));
      case "sft" -> new LikelihoodLoss(beta);
      default -> new RatioLoss(RatioLoss.Kind.valueOf(upper(type)), beta);
    };
  }

  private double flipRate() {
    return options.flipRate.orElse(0.0);
  }

  /** The one type of a goal that has no sums of losses; the first by default. */
  private String only(List<String> allowed) {
    if (options.types.size() > 1) {
      throw new PeftException(
          "--loss-type names %d losses; --objective %s takes one of %s."
              .formatted(options.types.size(), options.goal().typed(), String.join(", ", allowed)));
    }
    String type = options.types.isEmpty() ? allowed.get(0) : options.types.get(0);
    requireKnown(type, allowed);
    return type;
  }

  private void requireKnown(String type, List<String> allowed) {
    if (!allowed.contains(type)) {
      throw new PeftException(
          "--loss-type is %s; allowed for --objective %s: %s."
              .formatted(type, options.goal().typed(), String.join(", ", allowed)));
    }
  }

  private static String upper(String type) {
    return type.toUpperCase(Locale.ROOT);
  }
}
