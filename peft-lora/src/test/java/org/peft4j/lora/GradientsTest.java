package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.config.PeftConfig;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.lora.deltalora.DeltaLoraConfig;
import org.peft4j.lora.loha.LoHaConfig;
import org.peft4j.lora.lokr.LoKrConfig;
import org.peft4j.lora.mora.MoraConfig;
import org.peft4j.lora.mora.MoraType;
import org.peft4j.lora.vera.VeraConfig;
import org.peft4j.method.Injection;
import org.peft4j.method.Methods;
import org.peft4j.site.Site;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;

/**
 * What each adapter does beside a map is what its change of the weight does, and its gradients are
 * the slopes, in double precision. DoRA, whose norm is constant in the backward pass, is in {@code
 * DoraTest}.
 */
class GradientsTest {
  private static final Map<String, Site> SITES =
      Map.of(
          "linear", Site.linear("layer", "layer", 12, 8, List.of()),
          "narrow", Site.linear("layer", "layer", 4, 6, List.of()),
          "embedding", Site.embedding("layer", "layer", 6, 4, List.of()),
          "convolution", Site.convolution("layer", "layer", 4, 6, List.of(2L, 3L), List.of()),
          "pointwise", Site.convolution("layer", "layer", 4, 6, List.of(1L, 1L), List.of()));

  /** A config with dropout of that probability. */
  private record Case(String site, String what, BiFunction<Case, Double, PeftConfig> config) {
    Adapter adapter(double dropout) {
      return adapterOf(config.apply(this, dropout));
    }

    private <C extends PeftConfig> Adapter adapterOf(C config) {
      Site at = at();
      INDArray weight = random(shape(at));
      Injection.FrozenValues frozen =
          new Injection.FrozenValues() {
            @Override
            public FrozenWeight parameter(Site of, String name) {
              return DenseWeight.of(weight);
            }

            @Override
            public FrozenWeight weight(Site of) {
              return DenseWeight.of(weight);
            }
          };
      return Methods.of(config)
          .inject(at, config, new Injection(List.of(at), frozen, true))
          .orElseThrow();
    }

    Site at() {
      return java.util.Objects.requireNonNull(SITES.get(site));
    }

    @Override
    public String toString() {
      return what + " on " + site;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        lora("linear"),
        lora("embedding"),
        lora("convolution"),
        loha("linear", "LoHa of rank r²", false),
        loha("narrow", "LoHa", false),
        loha("convolution", "LoHa", false),
        loha("convolution", "LoHa with a core", true),
        loha("pointwise", "LoHa with a core", true),
        lokr("linear", "LoKr of full factors", 8),
        lokr("linear", "LoKr of factors of low rank", 1),
        lokr("narrow", "LoKr", 2),
        lokr("convolution", "LoKr of full factors", 8),
        lokr("convolution", "LoKr with a core", 1),
        lokr("pointwise", "LoKr", 1),
        vera("linear"),
        vera("narrow"),
        mora("linear", MoraType.SHARING),
        mora("linear", MoraType.ROTATION),
        mora("narrow", MoraType.SHARING),
        mora("narrow", MoraType.ROTATION),
        mora("convolution", MoraType.SHARING),
        mora("convolution", MoraType.ROTATION),
        unmoved("linear"),
        unmoved("embedding"),
        unmoved("convolution"));
  }

  /** Beside a convolution a product is not that of rows: ConvolutionProductTest has those. */
  static Stream<Case> besideMaps() {
    return cases()
        .filter(c -> c.adapter(0) instanceof LinearAdapter)
        .filter(c -> c.at().kernel().isEmpty());
  }

  static Stream<Case> lookUps() {
    return cases().filter(c -> c.adapter(0) instanceof EmbeddingAdapter);
  }

  private static Case lora(String site) {
    return new Case(
        site, "LoRA", (c, p) -> LoraConfig.builder().rank(2).alpha(3).dropout(p).build());
  }

  private static Case loha(String site, String what, boolean core) {
    return new Case(
        site,
        what,
        (c, p) ->
            LoHaConfig.builder()
                .rank(2)
                .alpha(3)
                .effectiveConvolution(core)
                .rankDropout(p)
                .build());
  }

  private static Case lokr(String site, String what, int rank) {
    return new Case(
        site,
        what,
        (c, p) ->
            LoKrConfig.builder()
                .rank(rank)
                .alpha(3)
                .effectiveConvolution(true)
                .decomposeBoth(true)
                .rankDropout(p)
                .rankDropoutScale(true)
                .build());
  }

  private static Case vera(String site) {
    return new Case(site, "VeRA", (c, p) -> VeraConfig.builder().rank(7).dropout(p).build());
  }

  private static Case mora(String site, MoraType type) {
    return new Case(
        site,
        "MoRA, " + type,
        (c, p) -> MoraConfig.builder().rank(1).type(type).dropout(p).build());
  }

  private static Case unmoved(String site) {
    return new Case(
        site,
        "Delta-LoRA whose weight stays",
        (c, p) -> DeltaLoraConfig.builder().rank(2).alpha(3).ratio(0).build());
  }

  private static long[] shape(Site site) {
    return switch (site.kind()) {
      case EMBEDDING -> new long[] {site.inputs(), site.outputs()};
      default ->
          LongStream.concat(
                  LongStream.of(site.outputs(), site.inputs()),
                  site.kernel().stream().mapToLong(Long::longValue))
              .toArray();
    };
  }

  private static INDArray random(long... shape) {
    return Nd4j.rand(DataType.DOUBLE, shape).subi(0.5).muli(2);
  }

  private static Tensors values(Adapter adapter) {
    Map<String, INDArray> values = new LinkedHashMap<>();
    for (ParameterSpec spec : adapter.parameters()) {
      values.put(spec.name(), random(spec.shapeArray()));
    }
    return new Tensors(values);
  }

  private static Pass pass() {
    return new Pass(new Nd4jKernels(), true, 3);
  }

  private static INDArray delta(Adapter adapter, Tensors values, Site site) {
    INDArray delta = Nd4j.zeros(DataType.DOUBLE, shape(site));
    ((WeightAdapter) adapter).addDelta(pass(), values, delta);
    return delta;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsOfTheChangeOfTheWeight(Case each) {
    Nd4j.getRandom().setSeed(1);
    for (double dropout : new double[] {0, 0.4}) {
      Adapter adapter = each.adapter(dropout);
      Tensors values = values(adapter);
      Tensors gradients = values.detachedCopy();
      INDArray upstream = random(shape(each.at()));
      ((WeightAdapter) adapter).deltaGradient(pass(), values, upstream, gradients);
      CentralDifferences.assertGradients(
          values,
          gradients,
          () -> delta(adapter, values, each.at()).mul(upstream).sumNumber().doubleValue());
    }
  }

  @ParameterizedTest
  @MethodSource("besideMaps")
  void gradientsBesideAMap(Case each) {
    Nd4j.getRandom().setSeed(1);
    INDArray x = random(3, each.at().inputs());
    INDArray upstream = random(3, each.at().outputs());
    for (double dropout : new double[] {0, 0.4}) {
      LinearAdapter adapter = (LinearAdapter) each.adapter(dropout);
      Tensors values = values(adapter);
      Tensors gradients = values.detachedCopy();
      INDArray dx = Nd4j.ones(DataType.DOUBLE, x.shape());
      adapter.backward(pass(), values, x, upstream, gradients, dx);
      Map<String, INDArray> all = new LinkedHashMap<>(values.asMap());
      Map<String, INDArray> slopes = new LinkedHashMap<>(gradients.asMap());
      all.put("x", x);
      slopes.put("x", dx.subi(1));
      CentralDifferences.assertGradients(
          new Tensors(all),
          new Tensors(slopes),
          () -> output(adapter, values, x).mul(upstream).sumNumber().doubleValue());
      if (dropout == 0) {
        INDArray expected = x.mmul(delta(adapter, values, each.at()).transpose());
        assertThat(output(adapter, values, x).distance2(expected)).isLessThan(1e-10);
      }
    }
  }

  private static INDArray output(LinearAdapter adapter, Tensors values, INDArray x) {
    INDArray y = Nd4j.zeros(DataType.DOUBLE, x.size(0), adapter.site().outputs());
    adapter.forward(pass(), values, x, y);
    return y;
  }

  @ParameterizedTest
  @MethodSource("lookUps")
  void gradientsBesideALookUp(Case each) {
    Nd4j.getRandom().setSeed(1);
    EmbeddingAdapter adapter = (EmbeddingAdapter) each.adapter(0);
    Tensors values = values(adapter);
    Tensors gradients = values.detachedCopy();
    int[] ids = {5, 0, 2, 5};
    INDArray upstream = random(ids.length, each.at().outputs());
    adapter.backward(pass(), values, ids, upstream, gradients);
    INDArray y = Nd4j.zeros(DataType.DOUBLE, upstream.shape());
    CentralDifferences.assertGradients(
        values,
        gradients,
        () -> {
          adapter.forward(pass(), values, ids, y.assign(0));
          return y.mul(upstream).sumNumber().doubleValue();
        });
    INDArray expected = Nd4j.pullRows(delta(adapter, values, each.at()), 1, ids);
    adapter.forward(pass(), values, ids, y.assign(0));
    assertThat(y.distance2(expected)).isLessThan(1e-10);
  }
}
