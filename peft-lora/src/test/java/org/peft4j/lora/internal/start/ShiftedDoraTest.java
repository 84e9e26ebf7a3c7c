package org.peft4j.lora.internal.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PassState;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.internal.graft.DetachedTape;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.LoraMethod;
import org.peft4j.lora.internal.dora.Dora;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;

/** DoRA that begins as a part of the weight is the DoRA of the weight without that part. */
class ShiftedDoraTest {
  private static final int IN = 6;
  private static final int OUT = 5;
  private static final double SCALE = 2;
  private static final Site SITE = Site.linear("layer", "layer", IN, OUT, List.of());

  private final INDArray x = random(4, IN);
  private final INDArray dy = random(4, OUT);

  @BeforeEach
  void seed() {
    Nd4j.getRandom().setSeed(1);
  }

  private static INDArray random(long... shape) {
    return Nd4j.rand(DataType.DOUBLE, shape).subi(0.5).muli(2);
  }

  private static Adapter adapter(INDArray weight, LoraInit init) {
    LoraConfig config = LoraConfig.builder().rank(2).alpha(4).init(init).dora(true).build();
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
        .inject(SITE, config, new Injection(List.of(SITE), frozen, true))
        .orElseThrow();
  }

  private static Tensors firstValues(Adapter adapter) {
    Map<String, INDArray> values = new LinkedHashMap<>();
    for (ParameterSpec spec : adapter.parameters()) {
      INDArray value = Nd4j.zeros(DataType.DOUBLE, spec.shapeArray());
      spec.initializer().fill(value, RandomGeneratorFactory.of("L64X128MixRandom").create(1));
      values.put(spec.name(), value);
    }
    Tensors tensors = new Tensors(values);
    adapter.complete(tensors);
    return tensors;
  }

  /** What is left of the weight once the first s·B·A is taken out. */
  private static INDArray left(INDArray weight, Tensors first) {
    return weight.sub(first.get(LoraLinear.B).mmul(first.get(LoraLinear.A)).muli(SCALE));
  }

  private static Pass pass() {
    return new Pass(new Nd4jKernels(), true, 3, new DetachedTape(DataType.DOUBLE), new PassState());
  }

  @ParameterizedTest
  @EnumSource(names = {"PISSA", "OLORA"})
  void theMagnitudeBeginsAsTheNormOfTheWholeWeight(LoraInit init) {
    INDArray weight = random(OUT, IN);
    Tensors first = firstValues(adapter(weight, init));
    assertThat(first.get(LoraLinear.B).norm2Number().doubleValue()).isGreaterThan(0.1);
    assertThat(first.get(Dora.MAGNITUDE).distance2(weight.norm2(1))).isLessThan(1e-12);
  }

  @ParameterizedTest
  @EnumSource(names = {"PISSA", "OLORA"})
  void besideAProductItIsTheDoraOfWhatIsLeft(LoraInit init) {
    INDArray weight = random(OUT, IN);
    Adapter shifted = adapter(weight, init);
    Tensors values = firstValues(shifted);
    INDArray left = left(weight, values);
    values.asMap().values().forEach(value -> value.addi(random(value.shape()).muli(0.3)));

    Map<String, INDArray> actual = passes(weight, shifted, values);
    Map<String, INDArray> expected = passes(left, adapter(left, LoraInit.STANDARD), values);

    assertThat(actual.keySet()).isEqualTo(expected.keySet()).hasSize(5);
    actual.forEach(
        (name, value) -> {
          INDArray wanted = java.util.Objects.requireNonNull(expected.get(name));
          assertThat(value.distance2(wanted)).as(name).isLessThan(1e-12);
        });
  }

  private Map<String, INDArray> passes(INDArray weight, Adapter adapter, Tensors values) {
    Tensors gradients = values.detachedCopy();
    Graft graft = new Graft("default", adapter, values);
    graft.setGradients(gradients);
    LinearModule module =
        new LinearModule(
            new SiteGrafts(SITE, List.of(graft), SharedState.of(1)), DenseWeight.of(weight), null);
    Pass pass = pass();
    Map<String, INDArray> results = new LinkedHashMap<>(gradients.asMap());
    INDArray y = Nd4j.zeros(DataType.DOUBLE, 4, OUT);
    module.forward(pass, x, y);
    INDArray dx = Nd4j.zeros(DataType.DOUBLE, 4, IN);
    module.backward(pass, x, dy, dx, 0);
    results.put("y", y);
    results.put("dx", dx);
    return results;
  }

  @ParameterizedTest
  @EnumSource(names = {"PISSA", "OLORA"})
  void asAChangeOfTheWeightItIsTheDoraOfWhatIsLeft(LoraInit init) {
    INDArray weight = random(OUT, IN);
    WeightAdapter shifted = (WeightAdapter) adapter(weight, init);
    Tensors values = firstValues(shifted);
    INDArray left = left(weight, values);
    WeightAdapter plain = (WeightAdapter) adapter(left, LoraInit.STANDARD);
    values.asMap().values().forEach(value -> value.addi(random(value.shape()).muli(0.3)));

    INDArray merged = weight.dup();
    shifted.addDelta(pass(), values, merged);
    INDArray expected = left.dup();
    plain.addDelta(pass(), values, expected);
    assertThat(merged.distance2(expected)).isLessThan(1e-12);

    INDArray upstream = random(OUT, IN);
    Tensors gradients = values.detachedCopy();
    shifted.deltaGradient(pass(), values, upstream, gradients);
    Tensors wanted = values.detachedCopy();
    plain.deltaGradient(pass(), values, upstream, wanted);
    wanted
        .asMap()
        .forEach(
            (name, g) -> assertThat(gradients.get(name).distance2(g)).as(name).isLessThan(1e-12));
  }
}
