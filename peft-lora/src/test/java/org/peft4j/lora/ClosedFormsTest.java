package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.config.PeftConfig;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.lora.deltalora.DeltaLoraConfig;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.mora.MoraConfig;
import org.peft4j.lora.mora.MoraType;
import org.peft4j.method.Injection;
import org.peft4j.method.Methods;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/** Methods that Hugging Face PEFT does not have, against their papers' formulas in FP64. */
class ClosedFormsTest {
  private static final Path FOLDER =
      Path.of("../peft-transformers/src/test/resources/golden/closed_forms");
  private static final double TOLERANCE = 1e-12;

  private static JsonNode settings(String name) throws IOException {
    return new JsonMapper().readTree(FOLDER.resolve("closed_forms.json").toFile()).path(name);
  }

  /** A tensor; [batch, time, features] as [rows, features]. */
  private static INDArray tensor(String form, String name) {
    try (TensorSource source = TensorSource.open(FOLDER.resolve(form + ".safetensors"))) {
      TensorInfo info = source.tensor(name);
      double[] values = new double[(int) info.elementCount()];
      source.buffer(name).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
      long columns = info.shape().get(info.shape().size() - 1);
      return Nd4j.createFromArray(values).reshape('c', values.length / columns, columns);
    }
  }

  private static <C extends PeftConfig> Adapter adapter(C config, long inputs, long outputs) {
    Site site = Site.linear("layer", "layer", inputs, outputs, List.of());
    Injection.FrozenValues none =
        new Injection.FrozenValues() {
          @Override
          public FrozenWeight parameter(Site of, String name) {
            throw new IllegalStateException("no frozen value is needed");
          }

          @Override
          public FrozenWeight weight(Site of) {
            throw new IllegalStateException("no frozen value is needed");
          }
        };
    return Methods.of(config)
        .inject(site, config, new Injection(List.of(site), none, true))
        .orElseThrow();
  }

  private static Pass pass() {
    return new Pass(new Nd4jKernels(), true, 1);
  }

  private static void assertNear(INDArray actual, INDArray expected) {
    assertThat(actual.distance2(expected))
        .isLessThan(TOLERANCE * (1 + expected.norm2Number().doubleValue()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mora_sharing",
        "mora_sharing_divides",
        "mora_sharing_wide",
        "mora_rotation",
        "mora_rotation_divides",
        "mora_rotation_wide"
      })
  void mora(String name) throws IOException {
    JsonNode json = settings(name);
    MoraType type = json.path("type").asInt() == 1 ? MoraType.SHARING : MoraType.ROTATION;
    int inputs = json.path("inputs").asInt();
    int outputs = json.path("outputs").asInt();
    Adapter adapter =
        adapter(
            MoraConfig.builder().rank(json.path("r").asInt()).type(type).build(), inputs, outputs);
    ParameterSpec spec = adapter.parameters().get(0);
    assertThat(spec.shape().get(0)).isEqualTo(json.path("r_hat").asLong());
    Tensors values = new Tensors(Map.of(spec.name(), tensor(name, "matrix")));
    Tensors gradients = values.detachedCopy();
    INDArray x = tensor(name, "x");
    INDArray y = Nd4j.zeros(DataType.DOUBLE, x.size(0), outputs);
    ((LinearAdapter) adapter).forward(pass(), values, x, y);
    assertNear(y, tensor(name, "output"));
    INDArray dx = Nd4j.zeros(DataType.DOUBLE, x.shape());
    ((LinearAdapter) adapter)
        .backward(pass(), values, x, tensor(name, "output_gradient"), gradients, dx);
    assertNear(dx, tensor(name, "grad.x"));
    assertNear(gradients.get(spec.name()), tensor(name, "grad.matrix"));
    INDArray weight = Nd4j.zeros(DataType.DOUBLE, outputs, inputs);
    ((WeightAdapter) adapter).addDelta(pass(), values, weight);
    assertNear(weight, tensor(name, "delta_weight"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"delta_lora", "delta_lora_three_steps"})
  void deltaLora(String name) throws IOException {
    JsonNode json = settings(name);
    double ratio = json.path("lambda").asDouble();
    double scale = json.path("alpha").asDouble() / json.path("r").asInt();
    INDArray weight = tensor(name, "weight");
    Adapter adapter =
        adapter(
            DeltaLoraConfig.builder()
                .rank(json.path("r").asInt())
                .alpha(json.path("alpha").asDouble())
                .ratio(ratio)
                .build(),
            weight.size(1),
            weight.size(0));
    Tensors values = values(name, "");
    // The form begins with some B·A that W has not followed.
    INDArray start =
        weight.sub(values.get(LoraLinear.B).mmul(values.get(LoraLinear.A)).muli(scale * ratio));

    INDArray x = tensor(name, "x");
    assertNear(output(adapter, values, x, start), tensor(name, "output"));
    Tensors gradients = values.detachedCopy();
    INDArray upstream = tensor(name, "output_gradient");
    INDArray dx = upstream.mmul(start);
    ((LinearAdapter) adapter).backward(pass(), values, x, upstream, gradients, dx);
    assertNear(dx, tensor(name, "grad.x"));
    assertNear(gradients.get(LoraLinear.A), tensor(name, "grad.A"));
    assertNear(gradients.get(LoraLinear.B), tensor(name, "grad.B"));
    ((WeightAdapter) adapter)
        .deltaGradient(pass(), values, upstream.transpose().mmul(x), gradients);
    assertNear(gradients.get(LoraLinear.A), tensor(name, "grad.A"));
    assertNear(gradients.get(LoraLinear.B), tensor(name, "grad.B"));

    Tensors after = values(name, "after.");
    assertNear(output(adapter, after, x, start), tensor(name, "after.output"));
    INDArray merged = start.dup('c');
    ((WeightAdapter) adapter).addDelta(pass(), after, merged);
    INDArray lora = after.get(LoraLinear.B).mmul(after.get(LoraLinear.A)).muli(scale);
    assertNear(merged, tensor(name, "after.weight").add(lora));
  }

  private static Tensors values(String name, String prefix) {
    return new Tensors(
        Map.of(LoraLinear.A, tensor(name, prefix + "A"), LoraLinear.B, tensor(name, prefix + "B")));
  }

  private static INDArray output(Adapter adapter, Tensors values, INDArray x, INDArray weight) {
    INDArray y = x.mmul(weight.transpose()).dup('c');
    ((LinearAdapter) adapter).forward(pass(), values, x, y);
    return y;
  }
}
