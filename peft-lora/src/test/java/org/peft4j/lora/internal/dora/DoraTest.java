package org.peft4j.lora.internal.dora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.GainAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PassState;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.config.CommonConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.DetachedTape;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.internal.LoraMethod;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;

/** DoRA's formula, against the product B·A written out and central differences of constant n. */
class DoraTest {
  private static final int IN = 6;
  private static final int OUT = 5;
  private static final double SCALE = 2;
  private static final Site LINEAR = Site.linear("layer", "layer", IN, OUT, List.of());
  private static final Site EMBEDDING = Site.embedding("layer", "layer", IN, OUT, List.of());
  private static final Site CONVOLUTION =
      Site.convolution("layer", "layer", 3, OUT, List.of(1L, 2L), List.of());

  @BeforeEach
  void seed() {
    Nd4j.getRandom().setSeed(1);
  }

  private static INDArray random(long... shape) {
    return Nd4j.rand(DataType.DOUBLE, shape).subi(0.5).muli(2);
  }

  private static Adapter adapter(Site site, INDArray weight, double dropout) {
    LoraConfig config = LoraConfig.builder().rank(2).alpha(4).dropout(dropout).dora(true).build();
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
    return new LoraMethod()
        .inject(site, config, new Injection(List.of(site), frozen, true))
        .orElseThrow();
  }

  private static Tensors values(Adapter adapter) {
    Map<String, INDArray> values = new LinkedHashMap<>();
    for (ParameterSpec spec : adapter.parameters()) {
      values.put(spec.name(), random(spec.shapeArray()));
    }
    return new Tensors(values);
  }

  private static INDArray a(Tensors values) {
    return values.asMap().values().stream().toList().get(0).dup('c').reshape('c', 2, IN);
  }

  private static INDArray b(Tensors values) {
    return values.asMap().values().stream().toList().get(1).dup('c').reshape('c', OUT, 2);
  }

  /** W + s·B·A as [out, in]. */
  private static INDArray directions(INDArray weight, Tensors values) {
    return weight.dup('c').reshape('c', OUT, IN).add(b(values).mmul(a(values)).muli(SCALE));
  }

  private static Pass pass(boolean training) {
    return new Pass(
        new Nd4jKernels(), training, 3, new DetachedTape(DataType.DOUBLE), new PassState());
  }

  @ParameterizedTest
  @ValueSource(chars = {'c', 'f'})
  void theMagnitudeBeginsAsTheNormOfWPlusBA(char order) {
    INDArray weight = random(OUT, IN).dup(order);
    Adapter adapter = adapter(LINEAR, weight, 0);
    Tensors values = values(adapter);
    adapter.complete(values);
    INDArray expected = directions(weight, values).norm2(1);
    assertThat(values.get(Dora.MAGNITUDE).distance2(expected)).isLessThan(1e-12);
  }

  @Test
  void normsOfAWeightInHalfPrecisionAreThoseOfItsValues() {
    INDArray weight = random(OUT, IN).castTo(DataType.BFLOAT16);
    DoraNorm norm = new DoraNorm(() -> new DirectedRows(DenseWeight.of(weight), false), SCALE);
    INDArray a = random(2, IN).castTo(DataType.FLOAT);
    INDArray b = random(OUT, 2).castTo(DataType.FLOAT);
    INDArray expected = weight.castTo(DataType.FLOAT).add(b.mmul(a).muli(SCALE)).norm2(1);
    for (int change = 0; change < 2; change++) {
      INDArray divisor = norm.divisor(new Nd4jKernels(), a, b);
      assertThat(divisor.div(expected).sub(1).amaxNumber().doubleValue()).isLessThan(1e-5);
      a.muli(-1);
      b.muli(-1);
    }
    b.muli(3);
    expected = weight.castTo(DataType.FLOAT).add(b.mmul(a).muli(SCALE)).norm2(1);
    INDArray divisor = norm.divisor(new Nd4jKernels(), a, b);
    assertThat(divisor.div(expected).sub(1).amaxNumber().doubleValue()).isLessThan(1e-5);
  }

  @Test
  void aRowThatIsZeroStaysZero() {
    INDArray weight = random(OUT, IN);
    weight.getRow(2).assign(0);
    WeightAdapter adapter = (WeightAdapter) adapter(LINEAR, weight, 0);
    Tensors values = values(adapter);
    values.get(LoraLinear.B).getRow(2).assign(0);
    INDArray merged = weight.dup('c');
    adapter.addDelta(pass(false), values, merged);
    assertThat(merged.getRow(2).amaxNumber().doubleValue()).isZero();
    assertThat(merged.sumNumber().doubleValue()).isFinite();
  }

  @ParameterizedTest
  @CsvSource({"LINEAR, 0", "LINEAR, 0.4", "EMBEDDING, 0", "CONVOLUTION, 0", "CONVOLUTION, 0.4"})
  void theChangeOfTheWeightAndItsGradients(String kind, double dropout) {
    Site site =
        switch (kind) {
          case "EMBEDDING" -> EMBEDDING;
          case "CONVOLUTION" -> CONVOLUTION;
          default -> LINEAR;
        };
    boolean turned = kind.equals("EMBEDDING");
    INDArray weight =
        kind.equals("CONVOLUTION")
            ? random(OUT, 3, 1, 2)
            : turned ? random(IN, OUT) : random(OUT, IN);
    WeightAdapter adapter = (WeightAdapter) adapter(site, weight, dropout);
    Tensors values = values(adapter);
    Pass pass = pass(true);
    INDArray mask =
        dropout == 0
            ? Nd4j.ones(DataType.DOUBLE, IN)
            : DropoutMask.draw(pass, site, dropout, DataType.DOUBLE, IN);
    INDArray base = turned ? weight.transpose() : weight;
    INDArray frozen = base.dup('c').reshape('c', OUT, IN);
    INDArray norms = directions(base, values).norm2(1);

    INDArray delta = Nd4j.zeros(DataType.DOUBLE, weight.shape());
    adapter.addDelta(pass, values, delta);
    INDArray expected = delta(frozen, values, norms, mask);
    INDArray actual = (turned ? delta.transpose() : delta).dup('c').reshape('c', OUT, IN);
    assertThat(actual.distance2(expected)).isLessThan(1e-12);

    INDArray upstream = random(OUT, IN);
    Tensors gradients = values.detachedCopy();
    adapter.deltaGradient(
        pass,
        values,
        turned ? upstream.transpose() : upstream.reshape('c', weight.shape()),
        gradients);
    CentralDifferences.assertGradients(
        values,
        gradients,
        () -> delta(frozen, values, norms, mask).mul(upstream).sumNumber().doubleValue());
  }

  private static INDArray delta(INDArray frozen, Tensors values, INDArray norms, INDArray mask) {
    INDArray m = values.get(Dora.MAGNITUDE).reshape(OUT);
    return directions(frozen, values).muliColumnVector(m.div(norms)).sub(frozen).mulRowVector(mask);
  }

  @ParameterizedTest
  @CsvSource({"c, 0", "f, 0", "c, 0.4"})
  void besideAProductItIsTheWeightsChange(char order, double dropout) {
    INDArray weight = random(OUT, IN);
    INDArray bias = random(OUT);
    GainAdapter adapter = (GainAdapter) adapter(LINEAR, weight.dup(order), dropout);
    Tensors values = values(adapter);
    Tensors gradients = values.detachedCopy();
    Graft graft = new Graft("default", adapter, values);
    graft.setGradients(gradients);
    LinearModule module =
        new LinearModule(
            new SiteGrafts(LINEAR, List.of(graft), SharedState.of(1)),
            DenseWeight.of(weight),
            DenseWeight.of(bias));
    Pass pass = pass(true);
    INDArray x = random(4, IN);
    INDArray dy = random(4, OUT);
    INDArray norms = directions(weight, values).norm2(1);
    INDArray mask =
        dropout == 0
            ? Nd4j.onesLike(x)
            : DropoutMask.draw(pass, LINEAR, dropout, DataType.DOUBLE, x.shape());

    INDArray y = Nd4j.zeros(DataType.DOUBLE, 4, OUT);
    module.forward(pass, x, y);
    assertThat(y.distance2(expected(weight, bias, values, norms, x, mask))).isLessThan(1e-12);

    INDArray dx = Nd4j.zeros(DataType.DOUBLE, 4, IN);
    module.backward(pass, x, dy, dx, 0);
    CentralDifferences.assertGradients(
        new Tensors(Map.of("x", x)),
        new Tensors(Map.of("x", dx)),
        () -> expected(weight, bias, values, norms, x, mask).mul(dy).sumNumber().doubleValue());
    CentralDifferences.assertGradients(
        values,
        gradients,
        () -> expected(weight, bias, values, norms, x, mask).mul(dy).sumNumber().doubleValue());
  }

  private static INDArray expected(
      INDArray weight, INDArray bias, Tensors values, INDArray norms, INDArray x, INDArray mask) {
    INDArray delta = delta(weight, values, norms, Nd4j.ones(DataType.DOUBLE, IN));
    return x.mmul(weight.transpose()).addiRowVector(bias).addi(x.mul(mask).mmul(delta.transpose()));
  }

  @Test
  void itsConfigIsReadAndWritten() {
    LoraConfig config = LoraConfig.builder().dora(true).rank(3).build();
    LoraMethod method = new LoraMethod();
    assertThat(method.writeConfig(config).path("use_dora").asBoolean()).isTrue();
    assertThat(
            method
                .readConfig(new org.peft4j.config.ConfigReader(method.writeConfig(config)))
                .dora())
        .isTrue();
    assertThat(config.common()).isEqualTo(CommonConfig.DEFAULT);
    assertThatThrownBy(() -> LoraConfig.builder().dora(true).loraBias(true).build())
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("lora_bias does not go with use_dora");
  }

  @Test
  void itsGainIsTheQuotientLessOne() {
    INDArray weight = random(OUT, IN);
    GainAdapter adapter = (GainAdapter) adapter(LINEAR, weight, 0);
    Tensors values = values(adapter);
    adapter.complete(values);
    INDArray gain = adapter.gain(pass(false), values);
    assertThat(gain.amaxNumber().doubleValue()).isCloseTo(0, within(1e-12));
  }
}
