package org.peft4j.prompt.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.AttentionAdapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PromptAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.config.ConfigReader;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.method.Injection;
import org.peft4j.prompt.internal.EncodedPrompt;
import org.peft4j.prompt.internal.PromptTable;
import org.peft4j.prompt.internal.prefix.PrefixTuningMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** A prefix of 3 tokens for a model of two attentions with 2 key and value heads of width 4. */
class PrefixTest {
  private static final Site PLACE = Site.place("prompt", "prompt", SiteKind.PROMPT, 0, 32);
  private static final List<Site> ATTENTIONS =
      List.of(
          Site.place("layers.0.attn", "layers.0.attn", SiteKind.ATTENTION, 2, 4),
          Site.place("layers.1.attn", "layers.1.attn", SiteKind.ATTENTION, 2, 4));
  private static final Tensors NONE = new Tensors(Map.of());

  /** A prefix at all places of the model. */
  private static final class Prefix {
    private final PromptAdapter table;
    private final List<AttentionAdapter> shares = new ArrayList<>();

    Prefix(PrefixTuningConfig.Builder config, boolean encoders) {
      List<Site> targets = new ArrayList<>(ATTENTIONS);
      targets.add(0, PLACE);
      Injection injection = new Injection(targets, Frozen.nothing(), encoders);
      PrefixTuningMethod method = new PrefixTuningMethod();
      PrefixTuningConfig built = config.virtualTokens(3).build();
      table = (PromptAdapter) method.inject(PLACE, built, injection).orElseThrow();
      for (Site site : ATTENTIONS) {
        shares.add((AttentionAdapter) method.inject(site, built, injection).orElseThrow());
      }
    }

    /** Keys and values of each attention in turn, [3, 2, 4] each. */
    List<INDArray> forward(Pass pass, Tensors values) {
      List<INDArray> all = new ArrayList<>();
      table.forward(pass, values, null);
      for (AttentionAdapter share : shares) {
        INDArray keys = Values.zeros(3, 2, 4);
        INDArray itsValues = Values.zeros(3, 2, 4);
        share.forward(pass, NONE, keys, itsValues);
        all.addAll(List.of(keys, itsValues));
      }
      return all;
    }

    void backward(Pass pass, Tensors values, List<INDArray> upstream, Tensors gradients) {
      for (int i = shares.size() - 1; i >= 0; i--) {
        shares.get(i).backward(pass, NONE, upstream.get(2 * i), upstream.get(2 * i + 1), NONE);
      }
      table.backward(pass, values, null, gradients);
    }
  }

  private static Pass pass() {
    return new Pass(new Nd4jKernels(), true, 1);
  }

  private static PrefixTuningConfig.Builder config() {
    return PrefixTuningConfig.builder();
  }

  @Test
  void aRowHasKeysAndThenValuesOfEachAttentionHeadByHead() {
    Prefix prefix = new Prefix(config(), true);
    Tensors values = Values.random(1, prefix.table.parameters());
    INDArray table = values.get("prompt_embeddings");
    assertThat(table.shape()).containsExactly(3, 2 * 2 * 2 * 4);

    List<INDArray> all = prefix.forward(pass(), values);

    for (int token = 0; token < 3; token++) {
      for (int head = 0; head < 2; head++) {
        for (int d = 0; d < 4; d++) {
          for (int block = 0; block < 4; block++) {
            assertThat(all.get(block).getDouble(token, head, d))
                .isEqualTo(table.getDouble(token, 8 * block + 4 * head + d));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyGradientIsTheSlopeOfKeysAndValues(boolean projection) {
    Prefix prefix = new Prefix(config().projection(projection).encoderHiddenSize(2), true);
    Tensors values = Values.random(2, prefix.table.parameters());
    List<INDArray> upstream = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      upstream.add(Values.random(10 + i, 3, 2, 4));
    }
    Tensors gradients = Values.room(values);

    Pass pass = pass();
    prefix.forward(pass, values);
    prefix.backward(pass, values, upstream, gradients);

    CentralDifferences.assertGradients(
        values,
        gradients,
        () -> {
          List<INDArray> all = prefix.forward(pass(), values);
          double sum = 0;
          for (int i = 0; i < 4; i++) {
            sum += Values.inner(all.get(i), upstream.get(i));
          }
          return sum;
        });
  }

  @Test
  void aPrefixThatNoAttentionUsedHasNoGradient() {
    Prefix prefix = new Prefix(config(), true);
    Tensors values = Values.random(3, prefix.table.parameters());
    Tensors gradients = Values.room(values);

    prefix.table.backward(pass(), values, null, gradients);

    assertThat(gradients.get("prompt_embeddings")).isEqualTo(Values.zeros(3, 32));
  }

  @Test
  void keysAndValuesStandInAttentionsAndNoEmbeddingBeforeTheInput() {
    Prefix prefix = new Prefix(config(), true);

    assertThat(prefix.table.virtualTokens()).isZero();
    assertThat(prefix.table.prefixLength()).isEqualTo(3);
    assertThat(prefix.shares).allSatisfy(share -> assertThat(share.length()).isEqualTo(3));
    assertThat(prefix.shares).allSatisfy(share -> assertThat(share.parameters()).isEmpty());
  }

  @Test
  void itBeginsAsStandardNormalOrAsZeros() {
    Tensors normal = Values.first(1, new Prefix(config(), true).table.parameters());
    Tensors zeros = Values.first(1, new Prefix(config().zeros(true), true).table.parameters());

    assertThat(normal.get("prompt_embeddings").stdNumber().doubleValue()).isBetween(0.7, 1.3);
    assertThat(zeros.get("prompt_embeddings")).isEqualTo(Values.zeros(3, 32));
  }

  @Test
  void theProjectionsEncoderIsAsWideAsARowOfKeysUnlessToldOtherwise() {
    Prefix usual = new Prefix(config().projection(true), true);
    Prefix narrow = new Prefix(config().projection(true).encoderHiddenSize(5), true);

    assertThat(Values.shapes(usual.table.parameters()))
        .containsEntry("embedding.weight", List.of(3L, 8L))
        .containsEntry("transform.0.weight", List.of(8L, 8L))
        .containsEntry("transform.2.weight", List.of(32L, 8L));
    assertThat(Values.shapes(narrow.table.parameters()))
        .containsEntry("transform.0.weight", List.of(5L, 8L));
    assertThat(((EncodedPrompt) usual.table).encodedShapes())
        .containsEntry("prompt_embeddings", List.of(3L, 32L));
  }

  @Test
  void aFileWithoutTheProjectionsParametersLoadsAsATable() {
    assertThat(new Prefix(config().projection(true), false).table).isInstanceOf(PromptTable.class);
  }

  @Test
  void aConfigOfAnotherModelIsRefused() {
    assertThatThrownBy(() -> inject("num_layers", 3))
        .isInstanceOf(PeftException.class)
        .hasMessage("num_layers is 3, but this model's is 2. Leave it out.");
    assertThatThrownBy(() -> inject("token_dim", 32))
        .isInstanceOf(PeftException.class)
        .hasMessage("token_dim is 32, but this model's is 8. Leave it out.");
  }

  private static void inject(String field, int value) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("num_virtual_tokens", 3);
    PrefixTuningMethod method = new PrefixTuningMethod();
    PrefixTuningConfig config = method.readConfig(new ConfigReader(json.put(field, value)));
    Site[] targets = {PLACE, ATTENTIONS.get(0), ATTENTIONS.get(1)};
    method.inject(PLACE, config, Frozen.nothing().injection(targets));
  }

  @Test
  void aModelWithoutAttentionsIsRefused() {
    PrefixTuningConfig config = config().virtualTokens(3).build();

    assertThatThrownBy(
            () -> new PrefixTuningMethod().inject(PLACE, config, Frozen.nothing().injection(PLACE)))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "This model has no attention that takes a prefix; prefix tuning is for transformers.");
  }
}
