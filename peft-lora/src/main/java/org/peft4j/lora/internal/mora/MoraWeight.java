package org.peft4j.lora.internal.mora;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.ScratchScope;
import org.peft4j.site.Site;

/**
 * MoRA as a change of a weight [out, in…]: the map's results for the unit vectors. M starts at
 * zero. Dropout drops input features for a whole pass.
 */
record MoraWeight(Site site, MoraMap map, double dropout) implements WeightAdapter {
  static final String M = "mora_M.weight";

  @Override
  public List<ParameterSpec> parameters() {
    return List.of(ParameterSpec.of(M, Initializer.zeros(), map.size(), map.size()));
  }

  boolean drops(Pass pass) {
    return pass.training() && dropout > 0;
  }

  INDArray mask(Pass pass, DataType type, long... shape) {
    return DropoutMask.draw(pass, site, dropout, type, shape);
  }

  /** The unit vectors, [in, in], without those that dropout drops. */
  private INDArray units(Pass pass, DataType type, ScratchScope scratch) {
    INDArray units = scratch.array(type, map.inputs(), map.inputs()).assign(0);
    INDArray mask =
        drops(pass)
            ? scratch.mine(mask(pass, type, map.inputs()))
            : scratch.array(type, map.inputs()).assign(1);
    for (long i = 0; i < map.inputs(); i++) {
      units.putScalar(i, i, mask.getDouble(i));
    }
    return units;
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    Kernels kernels = pass.kernels();
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray units = units(pass, weight.dataType(), scratch);
      INDArray compressed = map.compressed(kernels, units, scratch);
      INDArray delta = map.output(kernels, parameters.get(M), compressed, scratch);
      INDArray turned = scratch.mine(delta.transpose().dup('c'));
      weight.addi(turned.reshape('c', weight.shape()));
    }
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    Kernels kernels = pass.kernels();
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray copy = scratch.mine(weightGradient.dup('c'));
      INDArray dw = copy.reshape('c', map.outputs(), map.inputs());
      INDArray dy = scratch.mine(dw.transpose().dup('c'));
      INDArray units = units(pass, dy.dataType(), scratch);
      INDArray compressed = map.compressed(kernels, units, scratch);
      INDArray dResults = map.resultGradient(dy, scratch);
      kernels.matmul(dResults, true, compressed, false, 1, 0, gradients.get(M));
    }
  }
}
