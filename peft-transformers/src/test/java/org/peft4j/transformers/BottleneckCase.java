package org.peft4j.transformers;

import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.bottleneck.ConnectionStart;
import org.peft4j.bottleneck.Connections;
import org.peft4j.bottleneck.NonLinearity;
import org.peft4j.bottleneck.Phm;
import org.peft4j.bottleneck.Scaling;

/** A base model and a sort of bottleneck adapter. */
record BottleneckCase(String base, String sort) {
  static final INDArray IDS =
      Nd4j.createFromArray(new int[][] {{5, 9, 3, 17, 8}, {1, 7, 21, 4, 2}});
  static final INDArray MASK = Nd4j.createFromArray(new int[][] {{1, 1, 1, 1, 1}, {0, 1, 1, 1, 1}});

  /**
   * None for what the padded position gives: all that it sees is hidden, and so is its gradient.
   */
  static final INDArray LABELS =
      Nd4j.createFromArray(new int[][] {{5, 9, 3, 17, 8}, {-100, -100, 21, 4, 2}});

  static Stream<BottleneckCase> all() {
    return Stream.of("llama", "gpt2")
        .flatMap(
            base ->
                Stream.of(
                        "houlsby",
                        "pfeiffer",
                        "parallel",
                        "compacter",
                        "compacter with a rule for each projection",
                        "norms and learned scaling",
                        "normalised connection")
                    .map(sort -> new BottleneckCase(base, sort)));
  }

  BottleneckConfig.Builder config() {
    return switch (sort) {
      case "houlsby" -> BottleneckConfig.houlsby().reductionFactor(4);
      case "pfeiffer" -> BottleneckConfig.pfeiffer().reductionFactor(4);
      case "parallel" -> BottleneckConfig.parallel().reductionFactor(4).mhAdapter(true);
      case "compacter" -> BottleneckConfig.compacter().reductionFactor(2);
      case "compacter with a rule for each projection" ->
          BottleneckConfig.compacterPlusPlus()
              .reductionFactor(2)
              .phm(Phm.DEFAULT.withSharedRule(false).withFactorized(false));
      case "norms and learned scaling" ->
          BottleneckConfig.houlsby()
              .reductionFactor(4)
              .nonLinearity(NonLinearity.TANH)
              .scaling(Scaling.CHANNEL)
              .connections(
                  new Connections(false, true, true, true, ConnectionStart.OUTPUT, false, false));
      case "normalised connection" ->
          BottleneckConfig.pfeiffer()
              .reductionFactor(4)
              .nonLinearity(NonLinearity.GELU_NEW)
              .scaling(Scaling.LEARNED)
              .connections(
                  new Connections(true, false, false, true, ConnectionStart.POST_ADD, true, false));
      default -> throw new IllegalArgumentException(sort);
    };
  }

  /** Whether the method's definition changes the output from the start. */
  boolean identityAtFirst() {
    return !sort.equals("normalised connection");
  }

  CausalLanguageModel load(DataType type, boolean checkpointing) {
    return Transformers.load(
        Golden.base(base),
        TransformerOptions.defaults()
            .withDataType(type)
            .withUpdater(new Adam(1e-2))
            .withGradientCheckpointing(checkpointing));
  }

  /** An adapter whose parts are of the size of what they are added to. */
  static PeftModel<ComputationGraph> lively(CausalLanguageModel base, BottleneckConfig config) {
    PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config, 3);
    Nd4j.getRandom().setSeed(9);
    INDArray parameters = model.network().params();
    parameters.addi(Nd4j.randn(parameters.dataType(), parameters.shape()).muli(0.2));
    return model;
  }

  static MultiDataSet data() {
    return new MultiDataSet(
        new INDArray[] {IDS}, new INDArray[] {LABELS}, new INDArray[] {MASK}, null);
  }

  @Override
  public String toString() {
    return sort + " on " + base;
  }
}
