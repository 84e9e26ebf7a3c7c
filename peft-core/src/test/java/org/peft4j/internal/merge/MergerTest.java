package org.peft4j.internal.merge;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.testing.Plain.assertClose;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.testing.Int8Weight;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.WeightView;

/** Merging into W = [[127, 2], [3, 127]], which 8 bits hold exactly. */
class MergerTest {
  private static final double[][] W = {{127, 2}, {3, 127}};
  private static final double[][] DELTA = {{0.5, 1}, {0, -1}};
  private static final double[][] SUM = {{127.5, 3}, {3, 126}};

  /** ΔW is the parameter. */
  private record Whole(Site site) implements WeightAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return List.of(ParameterSpec.of("delta", Initializer.zeros(), 2, 2));
    }

    @Override
    public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
      weight.addi(parameters.get("delta"));
    }

    @Override
    public void deltaGradient(
        Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
      gradients.get("delta").assign(weightGradient);
    }
  }

  /** Sites with a weight each. */
  private record Sites(Map<Site, FrozenWeight> weights) implements OriginalPart {
    @Override
    public List<Site> sites() {
      return List.copyOf(weights.keySet());
    }

    @Override
    public FrozenWeight frozen(Site site, String parameter) {
      return Objects.requireNonNull(weights.get(site));
    }
  }

  private static Site site(String name) {
    return Site.linear(name, name, 2, 2, List.of(SiteParameter.weight("weight", 2, 2)));
  }

  private static Slot delta(Site site) {
    Tensors values = new Tensors(Map.of("delta", Nd4j.createFromArray(DELTA)));
    return new Slot("low", new Whole(site), values);
  }

  private static Slot copy(Site site, double[][] values) {
    Adapter copy = new TrainableCopy(site, site.parameters(), "", p -> dense());
    return new Slot("copy", copy, new Tensors(Map.of("weight", Nd4j.createFromArray(values))));
  }

  private static DenseWeight dense() {
    return DenseWeight.of(Nd4j.createFromArray(W));
  }

  private static MergedState merge(Map<Site, FrozenWeight> weights, Slot... slots) {
    return new Merger(List.of(new Sites(weights)), new Nd4jKernels()).merge(List.of(slots));
  }

  private static INDArray values(FrozenWeight weight) {
    return weight.widened(DataType.DOUBLE);
  }

  @Test
  void aChangeIsAddedAndTakenBackInWhateverHoldsTheWeight() {
    INDArray vector = Nd4j.createFromArray(W);
    INDArray inputsFirst = Nd4j.createFromArray(W).transpose().dup('c');
    for (FrozenWeight weight :
        List.of(
            dense(),
            DenseWeight.of(inputsFirst, WeightView.TRANSPOSED),
            DenseWeight.ofVector(vector, WeightView.AS_STORED),
            Int8Weight.of(dense()))) {
      Site site = site("map");
      MergedState merged = merge(Map.of(site, weight), delta(site));
      assertClose(values(weight), SUM);
      merged.suspend();
      assertClose(values(weight), W, 0);
      merged.resume();
      assertClose(values(weight), SUM);
      merged.end();
      assertClose(values(weight), W, 0);
    }
  }

  @Test
  void whatIsKeptIsTheWeight() {
    Site site = site("map");
    DenseWeight weight = dense();
    merge(Map.of(site, weight), delta(site)).keep();
    assertClose(values(weight), SUM);
  }

  @Test
  void aCopyReplacesTheWeightAndChangesComeOnTop() {
    Site site = site("map");
    DenseWeight weight = dense();
    MergedState merged =
        merge(Map.of(site, weight), delta(site), copy(site, new double[][] {{1, 2}, {3, 4}}));
    assertClose(values(weight), new double[][] {{1.5, 3}, {3, 3}});
    merged.end();
    assertClose(values(weight), W, 0);
  }

  @Test
  void aWeightOfTwoSitesChangesOnce() {
    Site one = site("one");
    Site two = site("two");
    DenseWeight shared = dense();
    MergedState merged = merge(Map.of(one, shared, two, shared), delta(one), delta(two));
    assertClose(values(shared), SUM);
    merged.end();
    assertClose(values(shared), W, 0);
  }

  @Test
  void copiesOfASharedWeightAreSuspendedTogether() {
    Site one = site("one");
    Site two = site("two");
    DenseWeight shared = dense();
    double[][] copied = {{1, 2}, {3, 4}};
    MergedState merged =
        merge(Map.of(one, shared, two, shared), copy(one, copied), copy(two, copied));
    merged.suspend();
    assertClose(values(shared), W, 0);
    merged.resume();
    assertClose(values(shared), copied, 0);
    merged.end();
    assertClose(values(shared), W, 0);
  }

  @Test
  void nothingChangesIfAValueIsNotFinite() {
    Site good = site("good");
    Site bad = site("bad");
    DenseWeight first = dense();
    DenseWeight second = dense();
    Slot broken = copy(bad, new double[][] {{1, Double.NaN}, {0, 0}});
    assertThatThrownBy(() -> merge(Map.of(good, first, bad, second), copy(good, SUM), broken))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Merging adapter \"copy\" makes bad.weight infinite or NaN; nothing was changed. The"
                + " adapter is broken.");
    assertClose(values(first), W, 0);
    assertClose(values(second), W, 0);
  }

  @Test
  void nothingChangesIfAWeightCannotBeReplaced() {
    Site good = site("good");
    Site bad = site("bad");
    DenseWeight first = dense();
    FrozenWeight second = Int8Weight.readOnly(dense());
    assertThatThrownBy(() -> merge(Map.of(good, first, bad, second), delta(good), delta(bad)))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapter \"low\" cannot be merged into bad.weight, which is held in INT8: A read-only"
                + " weight cannot be changed. Nothing was changed. Leave the adapter active, or"
                + " load the model in FP32.");
    assertClose(values(first), W, 0);
  }

  @Test
  void whatChangesNoWeightIsRefused() {
    Site site = site("map");
    Adapter none =
        new Adapter() {
          @Override
          public Site site() {
            return site;
          }

          @Override
          public List<ParameterSpec> parameters() {
            return List.of();
          }
        };
    Slot slot = new Slot("prompt", none, new Tensors(Map.of()));
    assertThatThrownBy(() -> Merger.requireMergeable(List.of(slot)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("\"prompt\" at map is not a change of a weight");
  }
}
