package org.peft4j.transformers.internal.weights;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.peft4j.error.PeftException;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ModulePart;
import org.peft4j.transformers.architecture.Side;
import org.peft4j.transformers.architecture.StackPart;

/**
 * Blocks whose weights stay in their mapped file. The pages of the block that will follow are read
 * ahead; those of a block that has run are given back, so that one block's are in this process's
 * memory. The system may keep others for as long as nobody needs the memory.
 */
public final class OffloadedBlocks implements BlockPages {
  private final PageAdvice advice;
  private final Map<Side, List<List<ByteBuffer>>> blocks;

  private OffloadedBlocks(PageAdvice advice, Map<Side, List<List<ByteBuffer>>> blocks) {
    this.advice = advice;
    this.blocks = blocks;
  }

  /**
   * The blocks of a model, none of them in memory.
   *
   * @throws PeftException if a matrix is not held as it lies in its file, or this system cannot
   */
  public static OffloadedBlocks of(ModelArchitecture model, WeightStore weights) {
    TreeSet<String> held = new TreeSet<>();
    Map<Side, List<List<ByteBuffer>>> blocks = new EnumMap<>(Side.class);
    for (Side side : Side.values()) {
      if (model.has(side)) {
        StackPart stack = model.stack(side);
        blocks.put(
            side, stack.blocks().stream().map(block -> pages(block, weights, held)).toList());
      }
    }
    if (!held.isEmpty()) {
      throw new PeftException(
          "Weights stay in their file only as they lie there, in safetensors; "
              + held.first()
              + (held.size() > 1 ? " and " + (held.size() - 1) + " more" : "")
              + " would be in memory, as "
              + weights.get(held.first()).format()
              + ". Take the precision that the file has (fp32 of F32, bf16 of BF16) and no"
              + " quantization, or write the weights once in fewer bits with peft quantize (nf4, fp4"
              + " or int8) and load those.");
    }
    OffloadedBlocks offloaded = new OffloadedBlocks(PageAdvice.ofSystem(), blocks);
    blocks.values().forEach(stack -> stack.forEach(offloaded::giveBack));
    return offloaded;
  }

  private static List<ByteBuffer> pages(
      BlockPart block, WeightStore weights, TreeSet<String> held) {
    List<ByteBuffer> pages = new ArrayList<>();
    for (ModulePart module : block.modules()) {
      for (SiteParameter parameter : module.site().parameters()) {
        String key = TensorKeys.key(module, parameter);
        List<ByteBuffer> own = weights.pages(key);
        pages.addAll(own);
        if (own.isEmpty() && parameter.shape().size() > 1) {
          held.add(key);
        }
      }
    }
    return pages;
  }

  private void giveBack(List<ByteBuffer> pages) {
    pages.forEach(advice::doNotNeed);
  }

  @Override
  public Use use(Side side, int block, int next) {
    List<List<ByteBuffer>> stack = blocks.getOrDefault(side, List.of());
    if (next >= 0 && next < stack.size()) {
      stack.get(next).forEach(advice::willNeed);
    }
    return () -> giveBack(stack.get(block));
  }
}
