package org.peft4j.prompt.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.prompt.internal.encoder.LstmEncoder;
import org.peft4j.prompt.internal.encoder.PerceptronEncoder;
import org.peft4j.prompt.internal.encoder.TableEncoder;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** A prompt of 2 tokens of width 3 that an encoder makes. */
class EncodedPromptTest {
  private static final Site PLACE = Site.place("prompt", "prompt", SiteKind.PROMPT, 0, 3);
  private static final TableEncoder PERCEPTRON = PerceptronEncoder.relu(2, 3, 4, 3);
  private static final TableEncoder DROPPING = new LstmEncoder(2, 3, 2, 2, 0.5);

  private static EncodedPrompt prompt(TableEncoder encoder) {
    return new EncodedPrompt(PLACE, new BeforeInput(2), encoder);
  }

  private static Pass pass(boolean training) {
    return new Pass(new Nd4jKernels(), training, 5);
  }

  @Test
  void anAdapterFileHoldsTheTableAndNoneOfTheEncodersParameters() {
    EncodedPrompt prompt = prompt(PERCEPTRON);
    Tensors values = Values.random(1, prompt.parameters());

    Map<String, INDArray> held = prompt.encoded(values);

    INDArray table = PERCEPTRON.encode(pass(false), values).table();
    assertThat(held).containsExactly(entry("prompt_embeddings", table));
    assertThat(prompt.encodedShapes()).containsExactly(entry("prompt_embeddings", List.of(2L, 3L)));
  }

  @Test
  void whatAFileHoldsIsWithoutDropout() {
    EncodedPrompt prompt = prompt(DROPPING);
    Tensors values = Values.random(2, prompt.parameters());

    INDArray held = prompt.encoded(values).get("prompt_embeddings");

    assertThat(held).isEqualTo(DROPPING.encode(pass(false), values).table());
    assertThat(held).isNotEqualTo(DROPPING.encode(pass(true), values).table());
  }

  @Test
  void theTableStandsBeforeEverySequence() {
    EncodedPrompt prompt = prompt(PERCEPTRON);
    Tensors values = Values.random(3, prompt.parameters());
    INDArray embeddings = Values.zeros(2, 2, 3);

    prompt.forward(pass(true), values, embeddings);

    INDArray table = PERCEPTRON.encode(pass(true), values).table();
    assertThat(embeddings.slice(0)).isEqualTo(table);
    assertThat(embeddings.slice(1)).isEqualTo(table);
  }

  @Test
  void gradientsGoThroughTheEncoderWithTheDropoutOfTheForwardPass() {
    EncodedPrompt prompt = prompt(DROPPING);
    Tensors values = Values.random(4, prompt.parameters());
    INDArray embeddings = Values.zeros(3, 2, 3);
    INDArray upstream = Values.random(5, 3, 2, 3);
    Tensors gradients = Values.room(values);

    prompt.backward(pass(true), values, upstream, gradients);

    CentralDifferences.assertGradients(
        values,
        gradients,
        () -> {
          prompt.forward(pass(true), values, embeddings);
          return Values.inner(embeddings, upstream);
        });
  }

  @Test
  void itsKeysAreTheParametersNamesWithoutAPath() {
    EncodedPrompt prompt = prompt(PERCEPTRON);

    assertThat(prompt.parameters().stream().map(prompt::key))
        .containsExactlyElementsOf(
            PERCEPTRON.parameters().stream().map(ParameterSpec::name).toList());
  }
}
