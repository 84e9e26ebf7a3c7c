package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.AdapterScope;
import org.peft4j.Peft;
import org.peft4j.PeftModel;

/** Each sequence of a batch has an adapter of its own, on every sort of Deeplearning4j's layers. */
class RowsOfStockLayersTest {
  static Stream<LoraCase> cases() {
    return LoraCase.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void eachRowIsAsIfAlone(LoraCase site) {
    PeftModel<MultiLayerNetwork> model = Peft.bare(site.base(), 3);
    model.addAdapter("a", site.config().init(LoraInit.RANDOM).build());
    model.addAdapter("b", site.config().rank(1).init(LoraInit.RANDOM).build());
    INDArray x = site.x();
    List<String> names = new ArrayList<>();
    List<INDArray> alone = new ArrayList<>();
    for (int row = 0; row < x.size(0); row++) {
      String name = List.of("a", PeftModel.BASE, "b").get(row % 3);
      names.add(name);
      model.setActive(name.equals(PeftModel.BASE) ? List.of() : List.of(name));
      alone.add(row(model.network().output(x), row));
    }
    model.setActive("a", "b");
    try (AdapterScope scope = model.adapterOfEachRow(names)) {
      INDArray output = model.network().output(x);
      for (int row = 0; row < x.size(0); row++) {
        assertThat(row(output, row)).as(names.get(row)).isEqualTo(alone.get(row));
      }
      assertThat(row(output, 0)).isNotEqualTo(row(output, 1));
    }
    INDArray both = model.network().output(x).dup();
    assertThat(row(both, 0)).isNotEqualTo(alone.get(0));
  }

  private static INDArray row(INDArray array, int row) {
    return array.get(NDArrayIndex.interval(row, row + 1)).dup('c');
  }
}
