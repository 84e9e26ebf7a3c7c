package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PassState;
import org.peft4j.adapter.SublayerAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.PeftConfig;
import org.peft4j.internal.graft.DetachedTape;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.method.Injection;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.weight.FrozenWeight;

/**
 * Bottleneck adapters against formulas that were evaluated in double precision by a program of its
 * own. Those for models that normalise after the residual sum have no counterpart here.
 */
class BottleneckClosedFormsTest {
  private static final Path FOLDER = Golden.folder("closed_forms");
  private static final double TOLERANCE = 1e-12;

  static Stream<String> cases() throws IOException {
    JsonNode all = new JsonMapper().readTree(FOLDER.resolve("closed_forms.json").toFile());
    Iterable<String> names = all::fieldNames;
    return StreamSupport.stream(names.spliterator(), false)
        .filter(name -> name.startsWith("bottleneck") || name.startsWith("compacter"))
        .filter(name -> !keys(name).contains("layer_norm.weight"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void outputAndGradientsAreThoseOfTheFormula(String name) throws IOException {
    INDArray hidden = matrix(name, "hidden");
    INDArray residual = matrix(name, "residual");
    SublayerAdapter adapter = adapter(name, hidden.size(1));
    Tensors parameters = parameters(name, adapter);
    Tensors gradients = parameters.detachedCopy();
    Kernels kernels = new Nd4jKernels();
    try (DetachedTape tape = new DetachedTape(DataType.DOUBLE)) {
      Pass pass = new Pass(kernels, false, 0, tape, new PassState());
      INDArray y = hidden.dup('c');
      adapter.forward(pass, parameters, residual, y);
      // What the block does then.
      assertNear("output", y.add(residual), matrix(name, "output"));

      INDArray dy = matrix(name, "output_gradient");
      INDArray dResidual = dy.dup('c');
      adapter.backward(pass, parameters, residual, dy, gradients, dResidual);
      assertNear("hidden", dy, matrix(name, "grad.hidden"));
      assertNear("residual", dResidual, matrix(name, "grad.residual"));
      for (ParameterSpec spec : adapter.parameters()) {
        INDArray expected = read(name, "grad." + golden(spec.name()));
        assertNear(spec.name(), gradients.get(spec.name()), expected);
      }
    }
  }

  private static SublayerAdapter adapter(String name, long width) throws IOException {
    JsonNode all = new JsonMapper().readTree(FOLDER.resolve("closed_forms.json").toFile());
    ObjectNode json = (ObjectNode) all.get(name).deepCopy();
    json.remove("description");
    json.put("peft_type", "BOTTLENECK");
    boolean compacter = name.startsWith("compacter");
    json.put("phm_layer", compacter);
    json.put("reduction_factor", compacter ? 1.5 : 2.5);
    return inject(Methods.named("BOTTLENECK"), json, width);
  }

  private static <C extends PeftConfig> SublayerAdapter inject(
      PeftMethod<C> method, ObjectNode json, long width) {
    C config = method.readConfig(new ConfigReader(json));
    assertThat(config.common().unknown()).isEmpty();
    Site site = Site.place("block.0.mlp", "block.0.mlp", SiteKind.SUBLAYER, width, width);
    Injection injection = new Injection(List.of(site), new NoValues(), true, true);
    return (SublayerAdapter) method.inject(site, config, injection).orElseThrow();
  }

  private record NoValues() implements FrozenValues {
    @Override
    public FrozenWeight parameter(Site site, String name) {
      throw new AssertionError("A bottleneck adapter needs no frozen value.");
    }

    @Override
    public FrozenWeight weight(Site site) {
      return parameter(site, "weight");
    }

    @Override
    public List<Site> sites() {
      return List.of();
    }

    @Override
    public List<Site> tiedTo(Site site) {
      return List.of();
    }
  }

  private static Tensors parameters(String name, SublayerAdapter adapter) {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    for (ParameterSpec spec : adapter.parameters()) {
      INDArray value = read(name, golden(spec.name()));
      assertThat(value.shape()).as(spec.name()).isEqualTo(spec.shapeArray());
      arrays.put(spec.name(), value);
    }
    return new Tensors(arrays);
  }

  /** {@code adapter_down.0.weight} is {@code down.weight} there. */
  private static String golden(String parameter) {
    return parameter.replaceFirst("^adapter_", "").replaceFirst("^down\\.[01]\\.", "down.");
  }

  private static INDArray matrix(String name, String tensor) {
    INDArray array = read(name, tensor);
    return array.reshape('c', array.length() / array.size(-1), array.size(-1));
  }

  private static INDArray read(String name, String tensor) {
    return Golden.doubles(FOLDER.resolve(name + ".safetensors"), tensor);
  }

  private static List<String> keys(String name) {
    try (TensorSource source = TensorSource.open(FOLDER.resolve(name + ".safetensors"))) {
      return List.copyOf(source.tensors().keySet());
    }
  }

  private static void assertNear(String what, INDArray actual, INDArray expected) {
    double largest = expected.amaxNumber().doubleValue();
    INDArray same = Nd4j.toFlattened('c', actual).sub(Nd4j.toFlattened('c', expected));
    assertThat(same.amaxNumber().doubleValue() / largest).as(what).isLessThan(TOLERANCE);
  }
}
