package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.TwoLayers.biasOf;
import static org.peft4j.TwoLayers.output;
import static org.peft4j.TwoLayers.set;
import static org.peft4j.testing.Plain.assertClose;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;

/** Adapters disabled or merged for a while, in any nesting, with everything back afterwards. */
class ScopesTest {
  private static final double[] FIRST = {10, 20};
  private static final double[] OUT = {-1, -2};

  private final PeftModel<MultiLayerNetwork> model = TwoLayers.with("first", "out");
  private final INDArray before = model.base().params().dup();
  private final double[][] adapted = TwoLayers.output(FIRST, OUT);

  @BeforeEach
  void train() {
    set(model, "first", FIRST);
    set(model, "out", OUT);
  }

  private void assertEverythingIsBack() {
    assertThat(model.base().params()).isEqualTo(before);
    assertClose(output(model), adapted);
  }

  @Test
  void disabledScopesNest() {
    AdapterScope outer = model.adaptersDisabled();
    AdapterScope inner = model.adaptersDisabled();

    assertClose(output(model), TwoLayers.output());
    inner.close();
    inner.close();
    assertClose(output(model), TwoLayers.output());
    outer.close();

    assertEverythingIsBack();
  }

  @Test
  void mergedWeightsAreTheBaseModelsOwn() {
    try (AdapterScope merged = model.merged()) {
      assertClose(output(model), adapted);
      assertClose(model.base().output(TwoLayers.x()), adapted);
    }
    assertEverythingIsBack();
  }

  @Test
  void oneOfTwoIsMergedAndTheOtherActsBeside() {
    try (AdapterScope merged = model.merged(List.of("first"))) {
      assertClose(output(model), adapted);
      assertClose(model.base().output(TwoLayers.x()), TwoLayers.output(FIRST, TwoLayers.B2));
    }
    assertEverythingIsBack();
  }

  @Test
  void anInactiveAdapterCanBeMergedToo() {
    model.setActive("out");
    try (AdapterScope merged = model.merged(List.of("first"))) {
      assertClose(output(model), adapted);
    }
    assertClose(output(model), TwoLayers.output(TwoLayers.B1, OUT));
  }

  @Test
  void disablingTakesMergedWeightsBackForTheTime() {
    try (AdapterScope merged = model.merged()) {
      AdapterScope outer = model.adaptersDisabled();
      AdapterScope inner = model.adaptersDisabled();
      assertThat(model.base().params()).isEqualTo(before);
      inner.close();
      assertThat(model.base().params()).isEqualTo(before);
      outer.close();
      assertClose(model.base().output(TwoLayers.x()), adapted);
    }
    assertEverythingIsBack();
  }

  @Test
  void aScopeThatMergesNothingMayEndWhileAnotherIsOpen() {
    AdapterScope nothing = model.merged(List.of());
    AdapterScope merged = model.merged();
    nothing.close();

    assertClose(model.base().output(TwoLayers.x()), adapted);
    assertClose(output(model), adapted);
    try (AdapterScope off = model.adaptersDisabled()) {
      assertThat(model.base().params()).isEqualTo(before);
    }
    merged.close();
    assertEverythingIsBack();
  }

  @Test
  void mergingWhileAdaptersAreDisabledWaitsForTheirReturn() {
    AdapterScope disabled = model.adaptersDisabled();
    AdapterScope merged = model.merged();

    assertClose(output(model), TwoLayers.output());
    assertThat(model.base().params()).isEqualTo(before);
    disabled.close();
    assertClose(model.base().output(TwoLayers.x()), adapted);
    merged.close();

    assertEverythingIsBack();
  }

  @Test
  void unmergingWhileAdaptersAreDisabledLeavesTheBaseModelAsItWas() {
    AdapterScope merged = model.merged();
    AdapterScope disabled = model.adaptersDisabled();

    merged.close();
    assertThat(model.base().params()).isEqualTo(before);
    assertClose(output(model), TwoLayers.output());
    disabled.close();

    assertEverythingIsBack();
  }

  @Test
  void whileMergedTheAdaptersStayWhatTheyAre() {
    Map<String, INDArray> values = Map.of(TwoLayers.FIRST, Nd4j.zeros(2));
    try (AdapterScope merged = model.merged()) {
      assertRefusedNow("merging again", model::merged);
      assertRefusedNow("changing the active adapters", () -> model.setActive("first"));
      assertRefusedNow("deleting an adapter", () -> model.delete("first"));
      assertRefusedNow("deleting an adapter", model::close);
      assertRefusedNow("adding an adapter", () -> model.addAdapter("third", biasOf("out")));
      assertRefusedNow("mergeAndUnload", model::mergeAndUnload);
      assertRefusedNow(
          "redefining one", () -> model.adapter("first").redefine(biasOf("first"), values));
      assertRefusedNow("swapping one", () -> model.swapAdapter("first", Path.of("nowhere")));
    }
    assertThat(model.active()).containsExactly("first", "out");
    assertEverythingIsBack();
  }

  private static void assertRefusedNow(String what, ThrowingCallable act) {
    assertThatThrownBy(act)
        .isInstanceOf(PeftException.class)
        .hasMessage("The adapters are merged now; close that scope before " + what + ".");
  }

  @Test
  void anotherActiveCopyOfWhatWouldBeMergedIsRefused() {
    model.addAdapter("again", biasOf("first"));

    assertThatThrownBy(() -> model.merged(List.of("again")))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapter \"first\" stays active and depends on the weight of first, into which another"
                + " would be merged. Merge both, or deactivate it.");
    assertEverythingIsBack();
  }

  @Test
  void whatIsNotFiniteIsNotMerged() {
    set(model, "out", Double.NaN, 1);

    assertThatThrownBy(model::merged)
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("makes out.b infinite or NaN; nothing was changed");
    assertThat(model.base().params()).isEqualTo(before);
    set(model, "out", OUT);
    try (AdapterScope merged = model.merged()) {
      assertClose(output(model), adapted);
    }
  }

  @Test
  void oneSiteCanBeMergedAlone() {
    try (AdapterScope merged = model.mergedAt(model.adapter("first").parts().get(0).site())) {
      assertClose(model.base().output(TwoLayers.x()), TwoLayers.output(FIRST, TwoLayers.B2));
    }
    assertEverythingIsBack();
  }

  @Test
  void anUnloadedModelIsDeeplearning4jsOwnAndNobodyElses() {
    MultiLayerNetwork plain = model.mergeAndUnload();

    assertThat(plain.getClass()).isEqualTo(MultiLayerNetwork.class);
    assertClose(plain.output(TwoLayers.x()), adapted);
    plain.params().assign(0);
    assertEverythingIsBack();
    plain.init();
  }

  @Test
  void unloadingWithoutActiveAdaptersCopiesTheBaseModel() {
    model.setActive();

    assertThat(model.mergeAndUnload().params()).isEqualTo(before);
  }

  @Test
  void mergingBiasesMakesNoDifference() {
    assertThat(model.mergeDifference(TwoLayers.x())).isLessThan(1e-12);
    model.requireMergeable();
    assertEverythingIsBack();
  }

  @Test
  void aDifferenceThatIsNoNumberIsNotZero() {
    INDArray x = TwoLayers.x();
    x.putScalar(0, Double.NaN);

    assertThat(model.mergeDifference(x)).isNaN();
  }

  @Test
  void aNetworkTrainsOnlyWhereItsAdaptersAct() {
    try (AdapterScope off = model.adaptersDisabled()) {
      assertThatThrownBy(() -> model.network().fit(TwoLayers.data()))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("disabled");
    }
    try (AdapterScope merged = model.merged()) {
      assertThatThrownBy(() -> model.network().fit(TwoLayers.data()))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("merged");
    }
    assertEverythingIsBack();
  }

  @Test
  void savingWhileMergedOrDisabledSavesTheAdapters(@TempDir Path folder) {
    try (AdapterScope merged = model.merged();
        AdapterScope off = model.adaptersDisabled()) {
      model.save(folder);
    }
    PeftModel<MultiLayerNetwork> loaded = Peft.bare(TwoLayers.network(), 1);
    loaded.loadAdapter("first", folder.resolve("first"));
    loaded.loadAdapter("out", folder.resolve("out"));
    loaded.setActive("first", "out");

    assertClose(output(loaded), adapted);
  }
}
