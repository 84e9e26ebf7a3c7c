package org.peft4j.bottleneck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.ConfigReader;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;

/** Configs: what is refused, with which words, what survives a file, and where it grafts. */
class BottleneckConfigTest {
  private static final Connections POST_ADD =
      new Connections(false, true, false, false, ConnectionStart.POST_ADD, false, false);
  private static final Connections BESIDE_AND_AFTER =
      new Connections(true, true, false, false, ConnectionStart.SEEN, false, true);

  static Stream<Arguments> impossible() {
    return Stream.of(
        Arguments.of(
            BottleneckConfig.houlsby().reductionFactor(0),
            "reduction_factor is 0.0; allowed: a finite number above 0."),
        Arguments.of(
            BottleneckConfig.houlsby().reductionFactor(Double.NaN), "reduction_factor is NaN"),
        Arguments.of(
            BottleneckConfig.pfeiffer().outputAdapter(false),
            "mh_adapter and output_adapter are both false; one must be true."),
        Arguments.of(BottleneckConfig.pfeiffer().dropout(1), "dropout is 1.0; allowed: 0 up to"),
        Arguments.of(BottleneckConfig.pfeiffer().leaveOut(-1), "leave_out has -1; allowed: 0 and"),
        Arguments.of(BottleneckConfig.pfeiffer().scaling(0), "scaling is 0.0; allowed: a finite"),
        Arguments.of(
            BottleneckConfig.houlsby().connections(POST_ADD),
            "residual_before_ln is \"post_add\", which needs original_ln_before true"),
        Arguments.of(
            BottleneckConfig.parallel().connections(BESIDE_AND_AFTER),
            "is_parallel is true; original_ln_before and adapter_residual_before_ln must be"),
        Arguments.of(
            BottleneckConfig.parallel().connections(BESIDE_AND_AFTER),
            "is_parallel is true; residual_before_ln must be true."),
        Arguments.of(
            BottleneckConfig.compacter().phm(Phm.DEFAULT.with(0, 1)),
            "phm_dim is 0; allowed: 1 to 64."),
        Arguments.of(
            BottleneckConfig.compacter().phm(Phm.DEFAULT.with(4, 0)),
            "phm_rank is 0; allowed: 1 and up."),
        Arguments.of(BottleneckConfig.houlsby().taskType("foo"), "task_type is \"foo\""));
  }

  @ParameterizedTest
  @MethodSource("impossible")
  void impossibleValuesAreRefusedWithWhatIsAllowed(
      BottleneckConfig.Builder builder, String message) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    assertThatThrownBy(
            () -> BottleneckConfig.houlsby().reductionFactor(-1).dropout(2).leaveOut(-3).build())
        .hasMessageContainingAll("reduction_factor is -1.0", "dropout is 2.0", "leave_out has -3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "non_linearity | 'softmax'  | non_linearity is \"softmax\"; allowed: relu, leakyrelu,",
        "init_weights  | 'random'   | init_weights is \"random\"; allowed: bert, mam_adapter.",
        "scaling       | 'trained'  | scaling is \"trained\"; allowed: a number, learned, channel.",
        "residual_before_ln | 'pre' | residual_before_ln is \"pre\"; allowed: true, false, post_add.",
        "phm_c_init    | 'zero'     | phm_c_init is \"zero\"; allowed: normal, uniform.",
        "hypercomplex_nonlinearity | 'phm' | allowed: glorot-normal, glorot-uniform, normal.",
        "use_gating    | true       | use_gating is set: this variant of bottleneck adapters is not",
        "shared_W_phm  | true       | shared_W_phm is set",
        "learn_phm     | false      | learn_phm is set: this variant of bottleneck adapters is not"
            + " supported; allowed: true.",
        "inv_adapter   | 'nice'     | inv_adapter is set",
        "stochastic_depth | 0.1     | stochastic_depth is set",
        "reduction_factor | 'x'     | reduction_factor is \"x\"; allowed: a number."
      })
  void aFileWithAnImpossibleValueIsRefused(String field, String value, String message)
      throws Exception {
    ObjectNode json = BottleneckFields.ALL.write(BottleneckConfig.houlsby().build());
    json.set(field, new JsonMapper().readTree(json(value)));
    assertThatThrownBy(() -> BottleneckFields.ALL.read(new ConfigReader(json)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  private static String json(String value) {
    return value.matches("[a-z]+") && !value.equals("true") && !value.equals("false")
        ? "\"" + value + "\""
        : value;
  }

  static Stream<BottleneckConfig> configs() {
    return Stream.of(
        BottleneckConfig.houlsby().build(),
        BottleneckConfig.pfeiffer().dropout(0.1).leaveOut(1, 3).build(),
        BottleneckConfig.parallel().scaling(Scaling.LEARNED).build(),
        BottleneckConfig.compacter().targetRegex(".*\\.mlp").build(),
        BottleneckConfig.compacterPlusPlus()
            .phm(new Phm(2, false, 3, false, Phm.RuleInit.UNIFORM, Phm.WeightInit.NORMAL, 0.001))
            .build(),
        BottleneckConfig.pfeiffer()
            .connections(
                new Connections(true, false, true, true, ConnectionStart.POST_ADD, true, false))
            .scaling(Scaling.CHANNEL)
            .initWeights(InitWeights.MAM_ADAPTER)
            .nonLinearity(NonLinearity.LEAKY_RELU)
            .reductionFactor(0.5)
            .build());
  }

  @ParameterizedTest
  @MethodSource("configs")
  void writtenAndReadItIsTheSame(BottleneckConfig config) {
    assertThat(BottleneckFields.ALL.read(new ConfigReader(BottleneckFields.ALL.write(config))))
        .isEqualTo(config);
  }

  @Test
  void anEmptyFileMeansPfeiffers() throws Exception {
    ObjectNode json = (ObjectNode) new JsonMapper().readTree("{\"peft_type\":\"BOTTLENECK\"}");
    assertThat(BottleneckFields.ALL.read(new ConfigReader(json)))
        .isEqualTo(BottleneckConfig.pfeiffer().build());
  }

  @Test
  void everyNameOfANonLinearityIsKnown() {
    assertThat(NonLinearity.allNames())
        .contains("relu", "gelu", "gelu_new", "swish", "silu", "tanh", "leakyrelu", "sigmoid")
        .allSatisfy(name -> assertThat(NonLinearity.named(name)).isPresent());
  }

  @Test
  void aTargetNamesALayerOrThePlaceAfterIt() {
    assertThat(places(BottleneckConfig.houlsby().targetModules("dense1")))
        .containsExactly("dense1.output");
    assertThat(places(BottleneckConfig.houlsby().targetModules("dense2.output")))
        .containsExactly("dense2.output");
    assertThat(places(BottleneckConfig.pfeiffer()))
        .containsExactly("dense1.output", "dense2.output");
    assertThat(places(BottleneckConfig.pfeiffer().excludeModules("dense1")))
        .containsExactly("dense2.output");
  }

  static Stream<Arguments> misfits() {
    return Stream.of(
        Arguments.of(
            BottleneckConfig.parallel(),
            "A parallel adapter needs a residual connection, and there is none at dense1.output"),
        Arguments.of(
            BottleneckConfig.houlsby().outputAdapter(false),
            "leave out every place of this model: [dense1.output, dense2.output]"),
        Arguments.of(
            BottleneckConfig.houlsby().leaveOut(0),
            "leave_out has 0, but this model numbers no layers; name them in exclude_modules."),
        Arguments.of(
            BottleneckConfig.compacter().reductionFactor(4),
            "phm_dim 4 must divide the width and the bottleneck; at dense1.output these are 8 and,"
                + " with reduction_factor 4.0, 2."),
        Arguments.of(
            BottleneckConfig.houlsby().targetModules("out"),
            "Target out is of the kind LINEAR; BOTTLENECK supports [SUBLAYER]"));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void aConfigThatDoesNotFitTheModelSaysWhy(BottleneckConfig.Builder config, String message) {
    assertThatThrownBy(() -> places(config))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  private static List<String> places(BottleneckConfig.Builder config) {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .graphBuilder()
                .addInputs("in")
                .addLayer("dense1", new DenseLayer.Builder().nIn(4).nOut(8).build(), "in")
                .addLayer("dense2", new DenseLayer.Builder().nIn(8).nOut(8).build(), "dense1")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(8)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build(),
                    "dense2")
                .setOutputs("out")
                .build());
    graph.init();
    try (PeftModel<ComputationGraph> model = Peft.wrap(graph, config.build())) {
      return model.adaptedSites().stream().map(Site::name).toList();
    }
  }
}
