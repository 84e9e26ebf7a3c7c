package org.peft4j.internal.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** Rows 3 and 1 of a table of 5 tokens and width 2 that trains, and the head that shares it. */
class TokenRowsTest {
  private static final String R = "trainable_tokens_delta";
  private static final Site TABLE = Site.embedding("wte", "wte", 5, 2, List.of());
  private static final Site HEAD = Site.linear("lm_head", "lm_head", 2, 5, List.of());
  private static final INDArray W =
      Nd4j.createFromArray(new double[][] {{0, 10}, {1, 11}, {2, 12}, {3, 13}, {4, 14}});
  private static final int[] TOKENS = {1, 0, 3, 1};

  private static TokenRows rows(List<Integer> ids, String prefix, boolean random, Site... tied) {
    Injection injection = Frozen.of(TABLE, W).injection();
    return new TokenRows(TABLE, ids, prefix, random, List.of(tied), injection);
  }

  private static TokenRows rows() {
    return rows(List.of(3, 1), "", false);
  }

  private static Pass pass() {
    return new Pass(new Nd4jKernels(), true, 1);
  }

  private static Tensors values(double[][] r) {
    return new Tensors(Map.of(R, Nd4j.createFromArray(r)));
  }

  private static INDArray lookedUp() {
    return Nd4j.pullRows(W, 1, TOKENS);
  }

  @Test
  void theyBeginAsTheFrozenRowsInTheOrderOfTheIds() {
    Tensors first = Values.first(1, rows().parameters());

    assertThat(first.get(R)).isEqualTo(Nd4j.createFromArray(new double[][] {{3, 13}, {1, 11}}));
  }

  @Test
  void forTestsTheyBeginAtRandom() {
    Tensors first = Values.first(1, rows(List.of(3, 1), "", true).parameters());

    assertThat(first.get(R).amaxNumber().doubleValue()).isBetween(0.01, 4.0);
  }

  @Test
  void trainedRowsStandInForTheFrozenOnesAndOthersStay() {
    INDArray y = lookedUp();

    rows().forward(pass(), values(new double[][] {{30, 130}, {-1, -2}}), TOKENS, y);

    assertThat(y)
        .isEqualTo(Nd4j.createFromArray(new double[][] {{-1, -2}, {0, 10}, {30, 130}, {-1, -2}}));
  }

  @Test
  void theGradientOfARowIsTheSumOverItsTokens() {
    TokenRows rows = rows();
    Tensors values = values(new double[][] {{30, 130}, {-1, -2}});
    Tensors gradients = Values.room(values);
    INDArray dy = Nd4j.createFromArray(new double[][] {{1, 2}, {9, 9}, {5, 6}, {10, 20}});

    Pass pass = pass();
    rows.forward(pass, values, TOKENS, lookedUp());
    rows.backward(pass, values, TOKENS, dy, gradients);

    assertThat(gradients.get(R)).isEqualTo(Nd4j.createFromArray(new double[][] {{5, 6}, {11, 22}}));
  }

  @Test
  void mergedTheRowsAreInTheTable() {
    INDArray weight = W.dup();

    rows().addDelta(pass(), values(new double[][] {{30, 130}, {-1, -2}}), weight);

    Plain.assertClose(weight, new double[][] {{0, 10}, {-1, -2}, {2, 12}, {30, 130}, {4, 14}});
  }

  @Test
  void theGradientOfTheChangeIsThatOfTheRows() {
    Tensors gradients = values(new double[][] {{99, 99}, {99, 99}});
    INDArray dWeight = Values.random(1, 5, 2);

    rows().deltaGradient(pass(), gradients, dWeight, gradients);

    assertThat(gradients.get(R).getRow(0)).isEqualTo(dWeight.getRow(3));
    assertThat(gradients.get(R).getRow(1)).isEqualTo(dWeight.getRow(1));
  }

  @Test
  void aTiedHeadHasTheTrainedRowsToo() {
    TokenRows rows = rows();
    LinearAdapter head = (LinearAdapter) rows.at(HEAD);
    INDArray x = Values.random(2, 3, 2);
    Tensors values = values(new double[][] {{30, 130}, {-1, -2}});
    INDArray logits = x.mmul(W.transpose());

    Pass pass = pass();
    rows.forward(pass, values, TOKENS, lookedUp());
    head.forward(pass, new Tensors(Map.of()), x, logits);

    double[][] changed = {{0, 10}, {-1, -2}, {2, 12}, {30, 130}, {4, 14}};
    Plain.assertClose(logits, Plain.product(Plain.of(x), Plain.transposed(changed)));
  }

  @Test
  void gradientsOfTableAndHeadAddUp() {
    TokenRows rows = rows();
    LinearAdapter head = (LinearAdapter) rows.at(HEAD);
    Tensors none = new Tensors(Map.of());
    INDArray x = Values.random(3, 3, 2);
    Map<String, INDArray> all = new LinkedHashMap<>();
    all.put(R, Values.random(4, 2, 2));
    all.put("x", x);
    Tensors values = new Tensors(all);
    Tensors gradients = Values.room(values);
    gradients.get("x").assign(0);
    INDArray ofVectors = Values.random(5, 4, 2);
    INDArray ofLogits = Values.random(6, 3, 5);

    Pass pass = pass();
    rows.forward(pass, values, TOKENS, lookedUp());
    head.backward(pass, none, x, ofLogits, none, gradients.get("x"));
    rows.backward(pass, values, TOKENS, ofVectors, gradients);

    CentralDifferences.assertGradients(
        values,
        gradients,
        () -> {
          Pass again = pass();
          INDArray y = lookedUp();
          rows.forward(again, values, TOKENS, y);
          INDArray logits = Values.zeros(3, 5);
          head.forward(again, none, x, logits);
          return Values.inner(y, ofVectors) + Values.inner(logits, ofLogits);
        });
  }

  @Test
  void aTiedHeadLeavesMergingToTheTable() {
    TiedTokenRows head = (TiedTokenRows) rows().at(HEAD);
    INDArray weight = W.dup();

    head.addDelta(pass(), new Tensors(Map.of()), weight);

    assertThat(weight).isEqualTo(W);
    assertThat(head.parameters()).isEmpty();
  }

  @Test
  void aFileOfTheMethodHasASecondCopyUnderTheTiedHead() {
    String key = "base_model.model.lm_head." + R;
    INDArray value = Nd4j.ones(DataType.DOUBLE, 1, 3);
    Tensors tensors = new Tensors(Map.of(R, value));

    TokenRows tied = rows(List.of(3), "", false, HEAD);

    assertThat(tied.copies(tensors)).isEqualTo(Map.of(key, value));
    assertThat(tied.copyShapes()).isEqualTo(Map.of(key, tied.parameters().get(0).shape()));
    assertThat(rows().copyShapes()).isEmpty();
    // Beside another method there is one copy only.
    assertThat(rows(List.of(3), "token_adapter.", false, HEAD).copyShapes()).isEmpty();
  }

  @Test
  void itsKeyHasThePrefixOfTheMethodItIsBeside() {
    TokenRows alone = rows();
    TokenRows beside = rows(List.of(3), "token_adapter.", false);

    assertThat(alone.key(alone.parameters().get(0))).isEqualTo("base_model.model.wte." + R);
    assertThat(beside.key(beside.parameters().get(0)))
        .isEqualTo("base_model.model.wte.token_adapter." + R);
  }

  @Test
  void aTokenBeyondTheVocabularyIsRefused() {
    assertThatThrownBy(() -> rows(List.of(1, 5), "", false))
        .isInstanceOf(PeftException.class)
        .hasMessage("Token id 5 is beyond the vocabulary of wte; allowed: 0 to 4.");
  }
}
