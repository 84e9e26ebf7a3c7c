package org.peft4j.internal.merge;

import static org.assertj.core.api.Assertions.assertThat;
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
import org.peft4j.adapter.ScalingAdapter;
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

  /** The output, and with it weight and bias, times the parameter. */
  private record Scale(Site site) implements ScalingAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return List.of(ParameterSpec.of("scale", Initializer.zeros(), 2));
    }

    @Override
    public boolean scalesInput() {
      return false;
    }

    @Override
    public INDArray scale(Tensors tensors) {
      return tensors.get("scale");
    }
  }

  /** Adds the parameter to the bias, and nothing to the weight. */
  private record BiasDelta(Site site) implements WeightAdapter {
    @Override
    public List<ParameterSpec> parameters() {
      return List.of(ParameterSpec.of("bias", Initializer.zeros(), 2));
    }

    @Override
    public void addDelta(Pass pass, Tensors parameters, INDArray weight) {}

    @Override
    public void deltaGradient(
        Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {}

    @Override
    public boolean changesBias() {
      return true;
    }

    @Override
    public void addBiasDelta(Tensors parameters, INDArray bias) {
      bias.addi(parameters.get("bias"));
    }
  }

  /** Sites with a weight each, and all with the same bias. */
  private record Sites(Map<Site, FrozenWeight> weights, FrozenWeight bias) implements OriginalPart {
    @Override
    public List<Site> sites() {
      return List.copyOf(weights.keySet());
    }

    @Override
    public FrozenWeight frozen(Site site, String parameter) {
      return parameter.equals("bias") ? bias : Objects.requireNonNull(weights.get(site));
    }
  }

  private static Site biased(String name) {
    return Site.linear(
        name,
        name,
        2,
        2,
        List.of(SiteParameter.weight("weight", 2, 2), SiteParameter.bias("bias", 2)));
  }

  private static Slot of(String name, Adapter adapter, double... values) {
    String tensor = adapter.parameters().get(0).name();
    return new Slot(name, adapter, new Tensors(Map.of(tensor, Nd4j.createFromArray(values))));
  }

  private static MergedState mergeWithBias(
      Site site, FrozenWeight weight, FrozenWeight bias, Slot... slots) {
    Sites sites = new Sites(Map.of(site, weight), bias);
    return new Merger(List.of(sites), new Nd4jKernels()).merge(List.of(slots));
  }

  private static double[][] row(FrozenWeight bias) {
    return new double[][] {values(bias).toDoubleVector()};
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
    return new Merger(List.of(new Sites(weights, dense())), new Nd4jKernels())
        .merge(List.of(slots));
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
  void aScaledOutputScalesWeightAndBiasAndWhatIsAddedIsNotScaled() {
    Site site = biased("map");
    DenseWeight weight = dense();
    DenseWeight bias = DenseWeight.of(Nd4j.createFromArray(new double[] {10, 20}));

    MergedState merged =
        mergeWithBias(
            site,
            weight,
            bias,
            of("scale", new Scale(site), 2, 3),
            delta(site),
            of("bias", new BiasDelta(site), 0.5, -0.5));

    assertClose(values(weight), new double[][] {{2 * 127 + 0.5, 2 * 2 + 1}, {3 * 3, 3 * 127 - 1}});
    assertThat(row(bias)).isDeepEqualTo(new double[][] {{20.5, 59.5}});
    merged.end();
    assertClose(values(weight), W, 0);
    assertThat(row(bias)).isDeepEqualTo(new double[][] {{10, 20}});
  }

  @Test
  void scalesOfSeveralAdaptersMultiply() {
    Site site = biased("map");
    DenseWeight weight = dense();
    DenseWeight bias = DenseWeight.of(Nd4j.createFromArray(new double[] {10, 20}));

    mergeWithBias(
        site, weight, bias, of("one", new Scale(site), 2, 3), of("two", new Scale(site), 5, 0.5));

    assertClose(values(weight), new double[][] {{1270, 20}, {4.5, 190.5}});
    assertThat(row(bias)).isDeepEqualTo(new double[][] {{100, 30}});
  }

  @Test
  void aCopiedBiasIsWhatAScaleScales() {
    Site site = biased("map");
    DenseWeight weight = dense();
    DenseWeight bias = DenseWeight.of(Nd4j.createFromArray(new double[] {10, 20}));
    Adapter copy = new TrainableCopy(site, List.of(SiteParameter.bias("bias", 2)), "", p -> bias);

    mergeWithBias(site, weight, bias, of("scale", new Scale(site), 2, 3), of("copy", copy, 7, 8));

    assertThat(row(bias)).isDeepEqualTo(new double[][] {{14, 24}});
  }

  @Test
  void aBiasNeedsOneToBeMergedInto() {
    Site site = site("map");
    DenseWeight weight = dense();

    assertThatThrownBy(
            () -> merge(Map.of(site, weight), of("bias", new BiasDelta(site), 0.5, -0.5)))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapter \"bias\" has a bias at map, whose base module has none to merge it into.");
    assertClose(values(weight), W, 0);
    // A scale has nothing to do there.
    merge(Map.of(site, weight), of("scale", new Scale(site), 2, 3));
    assertClose(values(weight), new double[][] {{254, 4}, {9, 381}});
  }

  @Test
  void adaptersOfOneSiteAreNamedTogether() {
    Site site = site("map");
    Slot broken = of("second", new Scale(site), Double.NaN, 1);

    assertThatThrownBy(() -> merge(Map.of(site, dense()), delta(site), broken))
        .hasMessageStartingWith("Merging adapter \"low, second\" makes map.weight infinite or NaN");
  }

  @Test
  void aSiteOfAnotherModelIsAMistake() {
    assertThatThrownBy(() -> merge(Map.of(site("map"), dense()), delta(site("other"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("No site other in this model.");
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
