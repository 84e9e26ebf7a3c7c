package org.peft4j.lora.internal.lowrank;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DropoutMask;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraInit;
import org.peft4j.memory.Scratch;
import org.peft4j.site.Site;

/**
 * QA-LoRA (Xu et al., 2023) beside a linear map: LoRA on the means of groups of L inputs, as
 * Hugging Face PEFT scales them. With G = in/L groups, A [r, G] and B [out, r]:
 *
 * <pre>
 * y += s·G·B·A·mean(x of each group),   ΔW[o, i] = s·(G/L)·(B·A)[o, ⌊i/L⌋]
 * </pre>
 *
 * <p>ΔW is the same for all inputs of a group, so that a weight of integers takes it into the
 * offset of the group, exactly.
 *
 * @param groupSize L
 */
public record GroupedLora(Site site, LoraShape shape, int groupSize)
    implements LinearAdapter, WeightAdapter {

  /**
   * The adapter at a site.
   *
   * @throws PeftException if the groups do not divide the inputs, or the site or a setting is one
   *     that groups do not go with
   */
  public static GroupedLora at(Site site, LoraShape shape, int groupSize) {
    if (site.inputs() % groupSize != 0) {
      throw new PeftException(
          "qalora_group_size is "
              + groupSize
              + ", which does not divide the "
              + site.inputs()
              + " inputs of "
              + site.name()
              + ". Give a divisor, or exclude the module.");
    }
    if (shape.bias()
        || !List.of(LoraInit.STANDARD, LoraInit.GAUSSIAN, LoraInit.RANDOM).contains(shape.init())) {
      throw new PeftException(
          "use_qalora goes with init_lora_weights true, false and gaussian, and without"
              + " lora_bias.");
    }
    return new GroupedLora(site, shape, groupSize);
  }

  private long groups() {
    return site.inputs() / groupSize;
  }

  /** LoRA on sums of groups, without dropout. */
  private LoraLinear ofSums() {
    Site sums =
        Site.linear(
            site.name(), site.module(), groups(), site.outputs(), List.copyOf(site.parameters()));
    double scale = shape.scale() * groups() / groupSize;
    return new LoraLinear(sums, new LoraShape(shape.rank(), scale, 0, false, shape.init()));
  }

  @Override
  public List<ParameterSpec> parameters() {
    return ofSums().parameters();
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    INDArray sums = sums(pass, x);
    ofSums().forward(pass, parameters, sums, y);
    Scratch.release(sums);
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dx) {
    INDArray sums = sums(pass, x);
    if (dx == null) {
      ofSums().backward(pass, parameters, sums, dy, gradients, null);
      Scratch.release(sums);
      return;
    }
    INDArray ofSums = Scratch.of(dx.dataType(), sums.shape());
    ofSums.assign(0);
    ofSums().backward(pass, parameters, sums, dy, gradients, ofSums);
    INDArray spread = spread(ofSums, dx.size(0));
    if (shape.drops(pass)) {
      INDArray mask = mask(pass, dx);
      spread.muli(mask);
      Scratch.release(mask);
    }
    dx.addi(spread);
    Scratch.release(sums, ofSums, spread);
  }

  /** Sums over each group, [rows, G], of inputs [rows, in]. */
  private INDArray sums(Pass pass, INDArray x) {
    INDArray input = shape.drops(pass) ? mask(pass, x).muli(x) : x.dup('c');
    INDArray sums = pooled(input);
    Scratch.release(input);
    return sums;
  }

  /** Sums over each group, [rows, G], of a row-major matrix [rows, in]. */
  private INDArray pooled(INDArray matrix) {
    long rows = matrix.size(0);
    return matrix.reshape('c', rows * groups(), groupSize).sum(1).reshape('c', rows, groups());
  }

  /** Each of [rows, G] as often as its group has inputs, [rows, in]. */
  private INDArray spread(INDArray ofGroups, long rows) {
    INDArray spread = Scratch.of(ofGroups.dataType(), rows * groups(), groupSize);
    spread.assign(0);
    spread.addiColumnVector(ofGroups.reshape('c', rows * groups(), 1));
    return spread.reshape('c', rows, site.inputs());
  }

  private INDArray mask(Pass pass, INDArray x) {
    return DropoutMask.draw(pass, site, shape.dropout(), x.dataType(), x.shape());
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    requireNoDropout(pass);
    INDArray ofGroups = Scratch.of(weight.dataType(), site.outputs(), groups());
    ofGroups.assign(0);
    ofSums().addDelta(pass, parameters, ofGroups);
    INDArray spread = spread(ofGroups, site.outputs());
    weight.addi(spread);
    Scratch.release(ofGroups, spread);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    requireNoDropout(pass);
    INDArray ordered = weightGradient.dup('c');
    INDArray sums = pooled(ordered);
    ofSums().deltaGradient(pass, parameters, sums, gradients);
    Scratch.release(ordered, sums);
  }

  /** Dropout of inputs is no change of a weight: layers that run with W + ΔW cannot have it. */
  private void requireNoDropout(Pass pass) {
    if (shape.drops(pass)) {
      throw new PeftException(
          "use_qalora with lora_dropout "
              + shape.dropout()
              + " does not go with "
              + site.name()
              + ", whose layer runs with the changed weight. Set lora_dropout to 0 or exclude it.");
    }
  }
}
