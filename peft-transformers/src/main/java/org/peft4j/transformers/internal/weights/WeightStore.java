package org.peft4j.transformers.internal.weights;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.error.PeftException;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ModulePart;
import org.peft4j.transformers.architecture.Side;
import org.peft4j.weight.FrozenWeight;

/**
 * The frozen weights of a model, one for each tensor of the checkpoint. Tied tensors are one weight
 * under two names. Closing it frees them all; models that use it fail afterwards.
 */
public final class WeightStore implements AutoCloseable {
  private final DataType dataType;
  private final DataType matrices;
  private final Map<String, FrozenWeight> weights;
  private final Map<String, List<ByteBuffer>> pages;
  private final Map<Side, WeightPages> blocks = new EnumMap<>(Side.class);
  private boolean closed;

  /**
   * @param weights tensors by checkpoint key; the store owns them from now on
   */
  public WeightStore(DataType dataType, Map<String, FrozenWeight> weights) {
    this(dataType, dataType, weights, Map.of());
  }

  /**
   * @param dataType of vectors, and of what layers compute
   * @param matrices the type of matrices
   * @param weights tensors by checkpoint key; the store owns them from now on
   * @param pages of mapped files, for those that are held as they lie there
   */
  WeightStore(
      DataType dataType,
      DataType matrices,
      Map<String, FrozenWeight> weights,
      Map<String, List<ByteBuffer>> pages) {
    this.dataType = dataType;
    this.matrices = matrices;
    this.weights = new TreeMap<>(weights);
    this.pages = Map.copyOf(pages);
  }

  /** The pages of the mapped file that hold the tensor of that key; none if memory holds it. */
  List<ByteBuffer> pages(String key) {
    return pages.getOrDefault(key, List.of());
  }

  /**
   * Leaves the weights of blocks in their file; before a model is made of them.
   *
   * @param kept bytes of the first blocks that remain in memory once they were read
   * @throws PeftException if a matrix is not held as it lies in its file, or this system cannot
   */
  public void offload(ModelArchitecture model, long kept) {
    long left = kept;
    for (Side side : Side.values()) {
      if (model.has(side)) {
        OffloadedWeights offloaded =
            OffloadedWeights.of(
                model.stack(side).blocks().stream().map(WeightStore::tensors).toList(),
                this,
                left,
                ", or write the weights once in fewer bits with peft quantize (nf4, fp4 or int8) and"
                    + " load those");
        left = offloaded.left();
        blocks.put(side, offloaded);
      }
    }
  }

  private static Map<String, SiteParameter> tensors(BlockPart block) {
    Map<String, SiteParameter> tensors = new TreeMap<>();
    for (ModulePart module : block.modules()) {
      module.site().parameters().forEach(each -> tensors.put(TensorKeys.key(module, each), each));
    }
    return tensors;
  }

  /** Where the weights of a stack's blocks are while the model runs. */
  public WeightPages blockPages(Side side) {
    return blocks.getOrDefault(side, WeightPages.AS_THEY_ARE);
  }

  /** Adds a tensor, which the store owns from now on. */
  public void add(String key, FrozenWeight weight) {
    weights.put(key, weight);
  }

  public DataType dataType() {
    return dataType;
  }

  /**
   * The type of matrices, and of what they made where it waits to be read again: keys and values in
   * a cache, results kept for the backward pass.
   */
  public DataType matrices() {
    return matrices;
  }

  /** The tensor of that key. */
  public FrozenWeight get(String key) {
    FrozenWeight weight = find(key);
    if (weight == null) {
      throw new PeftException(
          "No tensor \"" + key + "\" among the " + weights.size() + " weights.");
    }
    return weight;
  }

  /** The tensor of that key; null if there is none. */
  public @Nullable FrozenWeight find(String key) {
    if (closed) {
      throw new PeftException("The model is closed and its weights are freed. Load it again.");
    }
    return weights.get(key);
  }

  private Set<FrozenWeight> distinct() {
    Set<FrozenWeight> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
    distinct.addAll(weights.values());
    return distinct;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      distinct().forEach(FrozenWeight::close);
    }
  }
}
