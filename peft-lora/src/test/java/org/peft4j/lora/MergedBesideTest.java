package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.AdapterScope;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.token.TokenTuningConfig;

/** One adapter merged while another acts beside: the same output, or a refusal. */
class MergedBesideTest {
  private static MultiLayerNetwork network(boolean embedding) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder().seed(3).dataType(DataType.DOUBLE).list();
    list.layer(
        embedding
            ? new EmbeddingLayer.Builder().name("below").nIn(6).nOut(4).build()
            : new ConvolutionLayer.Builder(2, 2).name("below").nOut(4).build());
    list.layer(new OutputLayer.Builder().name("out").nOut(2).build());
    if (!embedding) {
      list.setInputType(InputType.convolutional(3, 3, 2));
    } else {
      list.setInputType(InputType.feedForward(6));
    }
    MultiLayerNetwork network = new MultiLayerNetwork(list.build());
    network.init();
    return network;
  }

  private static LoraConfig.Builder lora() {
    return LoraConfig.builder().rank(2).targetModules("below");
  }

  private static void assertRefusedBeside(boolean embedding, PeftConfig staying) {
    PeftModel<MultiLayerNetwork> model = Peft.wrap(network(embedding), lora().build());
    model.addAdapter("staying", staying);
    model.setActive("default", "staying");

    assertThatThrownBy(() -> model.merged(List.of("default")))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith(
            "Adapter \"staying\" stays active and depends on the weight of below");
  }

  @Test
  void whatReadsTheFrozenWeightDoesNotStayWhileThatHoldsMergedValues() {
    assertRefusedBeside(
        true, TokenTuningConfig.builder().targetModules("below").tokenIndices(1, 2).build());
    assertRefusedBeside(true, lora().dora(true).build());
    assertRefusedBeside(false, lora().dora(true).build());
  }

  @Test
  void twoAdaptersOfTheSameRowsMergeTogetherOnly() {
    PeftModel<MultiLayerNetwork> model = Peft.bare(network(true), 1);
    INDArray ids = Nd4j.createFromArray(new double[][] {{0}, {1}, {2}, {5}});
    for (String name : List.of("a", "b")) {
      model.addAdapter(
          name, TokenTuningConfig.builder().targetModules("below").tokenIndices(1, 2).build());
      model.adapter(name).tensors().values().forEach(rows -> rows.addi(name.equals("a") ? 1 : 2));
    }
    model.setActive("a", "b");
    INDArray apart = model.network().output(ids);

    assertThatThrownBy(() -> model.merged(List.of("a"))).isInstanceOf(PeftException.class);
    try (AdapterScope merged = model.merged()) {
      assertThat(model.network().output(ids).distance2(apart)).isLessThan(1e-12);
    }
    assertThat(model.network().output(ids)).isEqualTo(apart);
  }

  /** PiSSA's first factors are a part of W, computed when first needed, not of a merged W. */
  @Test
  void whatYetHasToReadTheWeightReadsItBefore(@TempDir Path folder) {
    ComputationGraph base = SmallModel.graph();
    LoraConfig pissa =
        LoraConfig.builder().rank(2).init(LoraInit.PISSA).targetModules("dense2").build();
    try (PeftModel<ComputationGraph> other = Peft.wrap(base, pissa)) {
      other.save(folder);
    }
    PeftModel<ComputationGraph> model =
        Peft.wrap(
            base,
            LoraConfig.builder().rank(2).init(LoraInit.RANDOM).targetModules("dense2").build());
    model.loadAdapter("pissa", folder);
    model.setActive("default", "pissa");
    INDArray x = SmallModel.data().getFeatures();
    INDArray merged;
    try (AdapterScope scope = model.merged(List.of("default"))) {
      merged = model.network().outputSingle(x).dup();
    }

    assertThat(merged.distance2(model.network().outputSingle(x))).isLessThan(1e-5);
  }
}
