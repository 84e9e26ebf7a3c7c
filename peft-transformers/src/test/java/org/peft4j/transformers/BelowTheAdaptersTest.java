package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.transformers.internal.layer.TrainingMemoryProbe;

/**
 * A block that keeps nothing of its forward pass computes nothing in the backward pass. So each
 * stack of an encoder-decoder goes back to its own lowest adapter: what is kept grows with what
 * lies above it, block by block.
 */
class BelowTheAdaptersTest {
  private static long kept(String base, String target) {
    GoldenInputs inputs = GoldenInputs.of("seq2seq/" + base);
    LoraConfig config = LoraConfig.builder().rank(2).targetRegex(target).build();
    try (Seq2SeqLanguageModel model = Transformers.loadSeq2Seq(Golden.base(base));
        PeftModel<ComputationGraph> wrapped = Peft.wrap(model.graph(), config)) {
      MultiDataSet data =
          new MultiDataSet(
              inputs.featureArray(), new INDArray[] {inputs.labels()}, inputs.maskArray(), null);
      wrapped.network().fit(data);
      return TrainingMemoryProbe.kept(model);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "t5,   .*coder.block.%d.layer.0.SelfAttention.q",
    "bart, .*coder.layers.%d.self_attn.q_proj"
  })
  void eachStackGoesBackToItsLowestAdapter(String base, String sites) {
    String lower = sites.formatted(0);
    String upper = sites.formatted(1);

    long decoderUpper = kept(base, inDecoder(upper));
    long decoderLower = kept(base, inDecoder(lower));
    long encoderUpper = kept(base, inEncoder(upper));
    long encoderLower = kept(base, inEncoder(lower));

    // Of the decoder the upper block alone; then both; then those and the encoder's upper block.
    assertThat(decoderUpper).isPositive();
    assertThat(decoderLower).isGreaterThan(decoderUpper);
    assertThat(encoderUpper).isGreaterThan(decoderLower);
    assertThat(encoderLower).isGreaterThan(encoderUpper);
    assertThat(kept(base, inDecoder(lower) + "|" + inEncoder(lower))).isEqualTo(encoderLower);
  }

  private static String inDecoder(String sites) {
    return sites.replace(".*coder", ".*decoder");
  }

  private static String inEncoder(String sites) {
    return sites.replace(".*coder", ".*encoder");
  }
}
