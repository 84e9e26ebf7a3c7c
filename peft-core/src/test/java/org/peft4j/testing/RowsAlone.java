package org.peft4j.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;

/** Compares a batch whose rows have adapters of their own with batches of one adapter. */
final class RowsAlone {
  private RowsAlone() {}

  static void assertSame(PromiseCase each) {
    PeftModel<MultiLayerNetwork> model = each.lively(DataType.FLOAT);
    model.addAdapter("second", each.config());
    model
        .adapter("second")
        .tensors()
        .values()
        .forEach(value -> value.addi(Nd4j.rand(value.dataType(), value.shape())));
    long batch = each.layer().x().size(0);
    assertThat(batch).isGreaterThanOrEqualTo(3);
    List<String> names = new ArrayList<>();
    List<INDArray> alone = new ArrayList<>();
    for (int row = 0; row < batch; row++) {
      String name = List.of("default", PeftModel.BASE, "second", "second").get(row % 4);
      names.add(name);
      model.setActive(name.equals(PeftModel.BASE) ? List.of() : List.of(name));
      alone.add(row(each.output(model), row));
    }
    model.setActive("default", "second");
    try (AdapterScope scope = model.adapterOfEachRow(names)) {
      INDArray output = each.output(model);
      for (int row = 0; row < batch; row++) {
        INDArray expected = alone.get(row);
        assertThat(row(output, row).distance2(expected))
            .as("row %d, of %s", row, names.get(row))
            .isLessThanOrEqualTo(1e-6 * expected.norm2Number().doubleValue());
      }
    }
    assertThat(row(each.output(model), 0)).isNotEqualTo(alone.get(0));
  }

  private static INDArray row(INDArray array, int row) {
    return array.get(NDArrayIndex.interval(row, row + 1)).dup('c');
  }
}
