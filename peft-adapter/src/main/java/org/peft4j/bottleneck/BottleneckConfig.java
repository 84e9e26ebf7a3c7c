package org.peft4j.bottleneck;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.config.PeftConfig;

/**
 * The config of bottleneck adapters, with the fields and presets of the {@code adapters} library.
 * Start from a preset: {@link #houlsby()}, {@link #pfeiffer()}, {@link #parallel()}, {@link
 * #compacter()}.
 *
 * @param common the fields of every method; without target modules the next two fields choose the
 *     places
 * @param mhAdapter whether to adapt after attentions
 * @param outputAdapter whether to adapt after feed-forward sub-layers, and after the layers of a
 *     plain Deeplearning4j model
 * @param reductionFactor the width of a place ÷ the bottleneck's, which is rounded down and at
 *     least 1; above 0, below 1 for a wider bottleneck
 * @param nonLinearity f
 * @param connections the adapter's input, and how its part enters the output
 * @param initWeights the first values of the projections
 * @param scaling s
 * @param leaveOut indices of layers to leave out
 * @param dropout probability that an element of the adapter's part is zeroed in training; in [0, 1)
 * @param phm projections by Kronecker products; empty for plain ones
 */
public record BottleneckConfig(
    CommonConfig common,
    boolean mhAdapter,
    boolean outputAdapter,
    double reductionFactor,
    NonLinearity nonLinearity,
    Connections connections,
    InitWeights initWeights,
    Scaling scaling,
    List<Integer> leaveOut,
    double dropout,
    Optional<Phm> phm)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "BOTTLENECK";

  static final FieldType<Double> REDUCTION =
      FieldType.NUMBER.within("a finite number above 0", v -> v > 0 && Double.isFinite(v));

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public BottleneckConfig {
    leaveOut = List.copyOf(leaveOut);
    List<String> problems = new ArrayList<>(common.problems());
    if (common.targetModules().isEmpty() && !mhAdapter && !outputAdapter) {
      problems.add("mh_adapter and output_adapter are both false; one must be true.");
    }
    REDUCTION.check("reduction_factor", reductionFactor, problems);
    FieldType.DROPOUT.check("dropout", dropout, problems);
    for (int layer : leaveOut) {
      if (layer < 0) {
        problems.add("leave_out has " + layer + "; allowed: 0 and up.");
      }
    }
    connections.check(problems);
    scaling.check(problems);
    phm.ifPresent(p -> p.check(problems));
    CommonConfig.require("bottleneck adapters config", problems);
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  /** Its fields in {@code adapter_config.json}: names, ranges, defaults and help. */
  public static ConfigFields<BottleneckConfig, Builder> jsonFields() {
    return BottleneckFields.ALL;
  }

  @Override
  public Builder toBuilder() {
    Builder builder =
        new Builder(mhAdapter, nonLinearity, connections)
            .common(common)
            .outputAdapter(outputAdapter)
            .reductionFactor(reductionFactor)
            .initWeights(initWeights)
            .scaling(scaling)
            .leaveOut(leaveOut.toArray(Integer[]::new))
            .dropout(dropout);
    phm.ifPresent(builder::phm);
    return builder;
  }

  /**
   * After attention and feed-forward, swish, reduction factor 16 (Houlsby et al. 2019; {@code
   * double_seq_bn}).
   */
  public static Builder houlsby() {
    return new Builder(true, NonLinearity.SWISH, Connections.HOULSBY);
  }

  /** After feed-forward, relu, reduction factor 16 (Pfeiffer et al. 2021; {@code seq_bn}). */
  public static Builder pfeiffer() {
    return new Builder(false, NonLinearity.RELU, Connections.PFEIFFER);
  }

  /**
   * Beside feed-forward, relu, reduction factor 2, scaling 4, up starts at zero (He et al. 2022;
   * {@code par_bn}).
   */
  public static Builder parallel() {
    return new Builder(false, NonLinearity.RELU, Connections.PARALLEL)
        .reductionFactor(2)
        .scaling(4)
        .initWeights(InitWeights.MAM_ADAPTER);
  }

  /**
   * Houlsby's places with Kronecker products, gelu, reduction factor 32 (Karimi Mahabadi et al.
   * 2021; {@code compacter}).
   */
  public static Builder compacter() {
    return new Builder(true, NonLinearity.GELU, Connections.HOULSBY)
        .reductionFactor(32)
        .phm(Phm.DEFAULT);
  }

  /** {@link #compacter()} at Pfeiffer's places ({@code compacter++}). */
  public static Builder compacterPlusPlus() {
    return new Builder(false, NonLinearity.GELU, Connections.PFEIFFER)
        .reductionFactor(32)
        .phm(Phm.DEFAULT);
  }

  /** Builds a {@link BottleneckConfig}. */
  public static final class Builder extends CommonBuilder<Builder> {
    private boolean mhAdapter;
    private boolean outputAdapter = true;
    private double reductionFactor = 16;
    private NonLinearity nonLinearity;
    private Connections connections;
    private InitWeights initWeights = InitWeights.BERT;
    private Scaling scaling = Scaling.of(1);
    private List<Integer> leaveOut = List.of();
    private double dropout;
    private boolean phmLayer;
    private Phm phm = Phm.DEFAULT;

    private Builder(boolean mhAdapter, NonLinearity nonLinearity, Connections connections) {
      this.mhAdapter = mhAdapter;
      this.nonLinearity = nonLinearity;
      this.connections = connections;
    }

    @Override
    protected Builder self() {
      return this;
    }

    /** Whether to adapt after attentions. */
    public Builder mhAdapter(boolean value) {
      mhAdapter = value;
      return this;
    }

    /** Whether to adapt after feed-forward sub-layers, and after layers of Deeplearning4j. */
    public Builder outputAdapter(boolean value) {
      outputAdapter = value;
      return this;
    }

    /** The width of a place ÷ the bottleneck's; above 0. */
    public Builder reductionFactor(double value) {
      reductionFactor = value;
      return this;
    }

    /** The function between the projections. */
    public Builder nonLinearity(NonLinearity value) {
      nonLinearity = value;
      return this;
    }

    /** The adapter's input, and how its part enters the output. */
    public Builder connections(Connections value) {
      connections = value;
      return this;
    }

    /** The first values of the projections. */
    public Builder initWeights(InitWeights value) {
      initWeights = value;
      return this;
    }

    /** The constant factor of the adapter's part, not 0. */
    public Builder scaling(double value) {
      return scaling(Scaling.of(value));
    }

    /** The factor of the adapter's part. */
    public Builder scaling(Scaling value) {
      scaling = value;
      return this;
    }

    /** Layers to leave out, by index from 0. */
    public Builder leaveOut(Integer... layers) {
      leaveOut = List.of(layers);
      return this;
    }

    /** The probability that an element of the adapter's part is zeroed in training, in [0, 1). */
    public Builder dropout(double value) {
      dropout = value;
      return this;
    }

    /** Projections by Kronecker products. */
    public Builder phm(Phm value) {
      phmLayer = true;
      phm = value;
      return this;
    }

    void phmLayer(boolean value) {
      phmLayer = value;
    }

    void changePhm(UnaryOperator<Phm> change) {
      phm = change.apply(phm);
    }

    void changeConnections(UnaryOperator<Connections> change) {
      connections = change.apply(connections);
    }

    @Override
    public BottleneckConfig build() {
      return new BottleneckConfig(
          common(),
          mhAdapter,
          outputAdapter,
          reductionFactor,
          nonLinearity,
          connections,
          initWeights,
          scaling,
          leaveOut,
          dropout,
          phmLayer ? Optional.of(phm) : Optional.empty());
    }
  }
}
