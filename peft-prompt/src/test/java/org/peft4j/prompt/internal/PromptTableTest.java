package org.peft4j.prompt.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** A table of 2 vectors of width 3 that trains itself. */
class PromptTableTest {
  private static final Pass PASS = new Pass(new Nd4jKernels(), true, 1);
  private static final Site PLACE = Site.place("prompt", "prompt", SiteKind.PROMPT, 0, 3);

  private final PromptTable prompt =
      new PromptTable(PLACE, new BeforeInput(2), 3, Initializer.normal(1));

  @Test
  void itIsOneTensorUnderTheNameThatHuggingFacesFilesHave() {
    assertThat(Values.shapes(prompt.parameters()))
        .containsExactly(entry("prompt_embeddings", List.of(2L, 3L)));
    assertThat(prompt.key(prompt.parameters().get(0))).isEqualTo("prompt_embeddings");
  }

  @Test
  void itsGradientIsTheSlopeOverAllSequences() {
    Tensors values = Values.random(1, prompt.parameters());
    INDArray upstream = Values.random(2, 4, 2, 3);
    INDArray embeddings = Values.zeros(4, 2, 3);
    Tensors gradients = Values.room(values);

    prompt.backward(PASS, values, upstream, gradients);

    CentralDifferences.assertGradients(
        values,
        gradients,
        () -> {
          prompt.forward(PASS, values, embeddings);
          return Values.inner(embeddings, upstream);
        });
  }
}
