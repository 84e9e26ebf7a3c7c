package org.peft4j.lora.internal.lowrank;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PassState;
import org.peft4j.adapter.Tape;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.internal.graft.DetachedTape;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.Convolution.Window;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.kernel.RowProduct;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.internal.LoraMethod;
import org.peft4j.lora.internal.loha.LoHaMethod;
import org.peft4j.lora.loha.LoHaConfig;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;
import org.peft4j.weight.DenseWeight;

/**
 * Adapters beside a convolution of 2 pictures of 5 by 4 pixels, by windows of 3 by 2 pixels at
 * every second place.
 */
class ConvolutionProductTest {
  private static final Window WINDOW = new Window(3, 2, 2, 1, 0, 1, 1);
  private static final RowProduct PRODUCT = WINDOW.over(5, 4);
  private static final long OUTPUT_ROWS = 2 * WINDOW.height(5) * WINDOW.width(4);
  private static final ModuleSelector TARGET = new ModuleSelector.Names(List.of("conv"));
  private static final Site SITE =
      Site.convolution("conv", "conv", 2, 3, List.of(3L, 2L), List.of());

  private final INDArray w = Values.random(1, 3, 2, 3, 2);
  private final INDArray b = Values.random(2, 3);
  private final INDArray x = Values.random(3, 2 * 5 * 4, 2);
  private final INDArray dy = Values.random(4, OUTPUT_ROWS, 3);
  private final SharedState shared = SharedState.of(1);

  static List<PeftConfig> configs() {
    return List.of(
        LoraConfig.builder().rank(2).target(TARGET).build(),
        LoraConfig.builder().rank(2).dropout(0.4).target(TARGET).build(),
        LoraConfig.builder().rank(2).dora(true).target(TARGET).build(),
        LoraConfig.builder().rank(2).dora(true).dropout(0.4).target(TARGET).build(),
        LoHaConfig.builder().rank(2).target(TARGET).build());
  }

  private Adapter adapter(PeftConfig config) {
    return config instanceof LoraConfig lora
        ? inject(new LoraMethod(), lora)
        : inject(new LoHaMethod(), (LoHaConfig) config);
  }

  private <C extends PeftConfig> Adapter inject(PeftMethod<C> method, C config) {
    Optional<Adapter> adapter = method.inject(SITE, config, Frozen.of(SITE, w).injection(SITE));
    return adapter.orElseThrow();
  }

  private static Graft graft(String name, Adapter adapter, long seed) {
    Graft graft = new Graft(name, adapter, Values.random(seed, adapter.parameters()));
    graft.setGradients(Values.room(graft.parameters()));
    return graft;
  }

  private LinearModule module(INDArray weight, List<Graft> grafts) {
    return new LinearModule(
        new SiteGrafts(SITE, grafts, shared), DenseWeight.of(weight), DenseWeight.of(b));
  }

  private static Pass pass(boolean training, Tape tape) {
    return new Pass(new Nd4jKernels(), training, 5, tape, new PassState()).through(PRODUCT);
  }

  private INDArray output(INDArray weight, List<Graft> grafts, Pass pass) {
    INDArray y = Values.zeros(OUTPUT_ROWS, 3);
    module(weight, grafts).forward(pass, x, y);
    return y;
  }

  @ParameterizedTest
  @MethodSource("configs")
  void besideTheConvolutionItGivesWhatTheMergedWeightGives(PeftConfig config) {
    Adapter adapter = adapter(config);
    Graft graft = graft("default", adapter, 9);
    Pass pass = pass(false, Tape.NONE);
    INDArray merged = w.dup();
    ((WeightAdapter) adapter).addDelta(pass, graft.parameters(), merged);

    INDArray beside = output(w, List.of(graft), pass);

    INDArray expected = output(merged, List.of(), pass);
    assertThat(beside.sub(expected).amaxNumber().doubleValue()).isLessThan(1e-12);
    assertThat(beside.sub(output(w, List.of(), pass)).amaxNumber().doubleValue())
        .isGreaterThan(0.01);
  }

  @ParameterizedTest
  @MethodSource("configs")
  void itsGradientsAreSlopes(PeftConfig config) {
    Graft graft = graft("default", adapter(config), 9);
    INDArray dx = Values.random(8, x.shape());
    try (DetachedTape tape = new DetachedTape(DataType.DOUBLE)) {
      Pass pass = pass(true, tape);
      output(w, List.of(graft), pass);
      module(w, List.of(graft)).backward(pass, x, dy, dx, 0);
    }

    DoubleSupplier loss = () -> Values.inner(output(w, List.of(graft), pass(true, Tape.NONE)), dy);
    CentralDifferences.assertGradients(
        new Tensors(Map.of("x", x)), new Tensors(Map.of("x", dx)), loss);
    if (!(config instanceof LoraConfig lora && lora.dora())) { // Its norms count as constants.
      CentralDifferences.assertGradients(graft.parameters(), graft.gradients(), loss);
    }
  }

  /** Each value of a picture is dropped or kept once, however many windows see it. */
  @Test
  void dropoutIsThatOfThePictureNotOfItsPatches() {
    Graft graft = graft("default", adapter(configs().get(1)), 9);
    Tensors ones = graft.parameters();
    ones.get("lora_A.weight").assign(1);
    ones.get("lora_B.weight").assign(1);
    x.assign(1);

    INDArray change =
        output(w, List.of(graft), pass(true, Tape.NONE))
            .sub(output(w, List.of(), pass(true, Tape.NONE)));

    Graft plain = graft("default", adapter(configs().get(0)), 9);
    plain.parameters().get("lora_A.weight").assign(1);
    plain.parameters().get("lora_B.weight").assign(1);
    x.assign(DropoutMask.draw(pass(true, Tape.NONE), SITE, 0.4, DataType.DOUBLE, x.shape()));
    INDArray expected =
        output(w, List.of(plain), pass(false, Tape.NONE))
            .sub(output(w, List.of(), pass(false, Tape.NONE)));
    assertThat(change.sub(expected).amaxNumber().doubleValue()).isLessThan(1e-12);
  }

  @Test
  void eachPictureMayHaveAnAdapterOfItsOwn() {
    List<Graft> both =
        List.of(
            graft("first", adapter(configs().get(0)), 9),
            graft("second", adapter(configs().get(2)), 90));
    List<INDArray> alone = new ArrayList<>();
    for (Graft graft : both) {
      alone.add(output(w, List.of(graft), pass(false, Tape.NONE)));
    }
    shared.activity().setRows(List.of("second", "first"));

    INDArray y = output(w, both, pass(false, Tape.NONE));

    assertRows(y, alone.get(1), 0);
    assertRows(y, alone.get(0), OUTPUT_ROWS / 2);
  }

  private static void assertRows(INDArray actual, INDArray expected, long from) {
    var rows = NDArrayIndex.interval(from, from + OUTPUT_ROWS / 2);
    INDArray difference =
        actual.get(rows, NDArrayIndex.all()).sub(expected.get(rows, NDArrayIndex.all()));
    assertThat(difference.amaxNumber().doubleValue()).isLessThan(1e-12);
  }
}
