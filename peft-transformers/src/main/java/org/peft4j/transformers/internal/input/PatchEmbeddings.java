package org.peft4j.transformers.internal.input;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.internal.module.EmbeddingModule;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.internal.module.NormModule;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.PatchInput;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/**
 * The first hidden states of pictures: {@code norm([tokens; W·patch + b] + positions)}.
 *
 * <p>The positions of a picture of another size than the model's are those of its own, interpolated
 * between patches, if the model was loaded for that.
 */
public final class PatchEmbeddings {
  /**
   * The forward pass' results that the backward pass needs.
   *
   * @param recorded the pass of the map from patches and of the norm
   * @param pixels [batch · patches, channels · height · width]; null if not needed
   * @param places of this size of pictures; null if they are the model's own
   * @param sum the norm's input; null without a norm
   */
  public record Kept(
      Pass recorded,
      INDArray pixels,
      @Nullable BicubicPlaces places,
      @Nullable INDArray sum,
      @Nullable INDArray statistics) {}

  private final PatchInput part;
  private final Modules modules;
  private final LinearModule patches;
  private final SiteGrafts learnt;
  private final @Nullable EmbeddingModule positions;
  private final @Nullable NormModule norm;

  private PatchEmbeddings(PatchInput part, Modules modules) {
    this.part = part;
    this.modules = modules;
    this.patches = modules.convolution(part.patches());
    this.learnt = modules.grafts().at(part.learnt().site().name());
    this.positions = part.positions().map(modules::embedding).orElse(null);
    this.norm = part.norm().map(modules::norm).orElse(null);
  }

  public static PatchEmbeddings of(PatchInput part, Modules modules) {
    return new PatchEmbeddings(part, modules);
  }

  /**
   * The number of hidden states of pictures.
   *
   * @throws PeftException if the model does not read pictures of that shape
   */
  public Extent extent(INDArray pictures) {
    if (pictures.rank() != 4 || pictures.size(1) != part.channels()) {
      throw new PeftException(
          "pixel_values have the shape "
              + Arrays.toString(pictures.shape())
              + "; needed: [batch, "
              + part.channels()
              + ", height, width].");
    }
    if (!sized(pictures) && !modules.model().interpolatesPositions()) {
      throw new PeftException(
          "The pictures have "
              + pictures.size(2)
              + " × "
              + pictures.size(3)
              + " pixels, height first; this model was made for "
              + part.imageHeight()
              + " × "
              + part.imageWidth()
              + ". Resize them, or load the model with interpolated positions:"
              + " TransformerOptions.withInterpolatedPositions(true).");
    }
    long rows = pictures.size(2) / part.patchHeight();
    long columns = pictures.size(3) / part.patchWidth();
    if (rows == 0 || columns == 0) {
      throw new PeftException(
          "The pictures have "
              + pictures.size(2)
              + " × "
              + pictures.size(3)
              + " pixels, less than one patch of "
              + part.patchHeight()
              + " × "
              + part.patchWidth()
              + ".");
    }
    return new Extent(pictures.size(0), part.tokens().size() + rows * columns);
  }

  /** The width of the hidden states. */
  public long width() {
    return part.width();
  }

  private boolean sized(INDArray pictures) {
    return pictures.size(2) == part.imageHeight() && pictures.size(3) == part.imageWidth();
  }

  /**
   * Writes y [batch, tokens + patches, width].
   *
   * @param pictures [batch, channels, height, width]
   * @param keep whether there will be a backward pass
   */
  public Kept forward(Pass pass, INDArray pictures, boolean keep, INDArray y, CallMemory memory) {
    Extent extent = Extent.of(y);
    long rows = pictures.size(2) / part.patchHeight();
    long columns = pictures.size(3) / part.patchWidth();
    int before = part.tokens().size();
    INDArray pixels = pixels(pictures, rows, columns, memory);
    Pass recorded = keep ? pass.on(memory.tape()) : pass;
    INDArray sum = norm == null ? y : memory.kept(y.shape());
    INDArray embedded = memory.temporary(extent.batch() * rows * columns, part.width());
    patches.forward(recorded, pixels, embedded);
    sum.get(all(), interval(before, extent.time()), all())
        .assign(embedded.reshape('c', extent.batch(), rows * columns, part.width()));
    for (int token = 0; token < before; token++) {
      INDArray row = memory.temporary(1, part.width());
      learnt(pass, part.tokens().get(token), new int[] {0}, row);
      INDArray all = sum.get(all(), point(token), all());
      all.assign(row.broadcast(extent.batch(), part.width()));
    }
    BicubicPlaces places = sized(pictures) ? null : BicubicPlaces.of(part, rows, columns);
    INDArray table = memory.temporary(extent.time(), part.width());
    positions(pass, places, table, memory);
    sum.reshape('c', extent.batch(), extent.time() * part.width())
        .addiRowVector(table.reshape('c', 1, table.length()));
    INDArray statistics = null;
    if (norm != null) {
      statistics = memory.keptExactly(norm.statistics(), extent.rows());
      norm.forward(recorded, extent.matrix(sum), extent.matrix(y), statistics);
    }
    return new Kept(recorded, pixels, places, norm == null ? null : sum, statistics);
  }

  /** The patches of each picture, from left to right and from top to bottom, as rows. */
  private INDArray pixels(INDArray pictures, long rows, long columns, CallMemory memory) {
    int height = part.patchHeight();
    int width = part.patchWidth();
    long batch = pictures.size(0);
    INDArray whole =
        pictures.get(all(), all(), interval(0, rows * height), interval(0, columns * width));
    INDArray pixels =
        memory.keptIf(patches.acts(), batch * rows * columns, part.patches().patchSize());
    INDArray target = pixels.reshape('c', batch, rows, columns, part.channels(), height, width);
    INDArray dense = whole.castTo(pixels.dataType()).dup('c');
    target.assign(
        dense
            .reshape('c', batch, part.channels(), rows, height, columns, width)
            .permute(0, 2, 4, 1, 3, 5));
    return pixels;
  }

  /** Rows of a learnt parameter, seen as a table, or of its trainable copy. */
  private void learnt(Pass pass, String key, int[] rows, INDArray y) {
    INDArray array =
        learnt.vector(key, modules.model().weights().get(part.learnt().site().name() + "." + key));
    pass.kernels().lookUp(matrix(array), rows, y);
  }

  private INDArray matrix(INDArray array) {
    return array.reshape('c', array.length() / part.width(), part.width());
  }

  /** Writes the positions [time, width]. */
  private void positions(
      Pass pass, @Nullable BicubicPlaces places, INDArray table, CallMemory memory) {
    int[] own = IntStream.range(0, part.time()).toArray();
    INDArray rows = places == null ? table : memory.temporary(own.length, part.width());
    if (positions == null) {
      learnt(pass, part.positionKey().orElseThrow(), own, rows);
    } else {
      positions.forward(pass, own, rows);
    }
    if (places != null) {
      places.interpolate(rows, table);
    }
  }

  /** Writes the gradients of the adapters here, given y's gradient. */
  public void backward(Pass pass, Kept kept, INDArray dy, CallMemory memory) {
    Extent extent = Extent.of(dy);
    int before = part.tokens().size();
    INDArray upper = dy;
    if (norm != null) {
      upper = memory.temporary(dy.shape());
      norm.backward(
          kept.recorded(),
          extent.matrix(Objects.requireNonNull(kept.sum())),
          Objects.requireNonNull(kept.statistics()),
          extent.matrix(dy),
          extent.matrix(upper));
    }
    for (int token = 0; token < before; token++) {
      INDArray gradient = learnt.gradient(part.tokens().get(token));
      if (gradient != null) {
        gradient.assign(
            upper.get(all(), point(token), all()).dup('c').sum(0).reshape(gradient.shape()));
      }
    }
    positionGradients(pass, kept.places(), upper, memory);
    if (patches.acts()) {
      INDArray rows = memory.temporary(kept.pixels().size(0), part.width());
      rows.reshape('c', extent.batch(), extent.time() - before, part.width())
          .assign(upper.get(all(), interval(before, extent.time()), all()));
      patches.backward(kept.recorded(), kept.pixels(), rows, null, 0);
    }
  }

  private void positionGradients(
      Pass pass, @Nullable BicubicPlaces places, INDArray upper, CallMemory memory) {
    INDArray gradient = part.positionKey().map(learnt::gradient).orElse(null);
    boolean acts = part.positions().map(EmbeddingPart::site).filter(modules::acts).isPresent();
    if (gradient == null && !acts) {
      return;
    }
    INDArray sum = upper.sum(0); // [time, width]
    INDArray own = sum;
    if (places != null) {
      own = memory.temporary(part.time(), part.width());
      places.spread(sum, own);
    }
    if (gradient != null) {
      gradient.assign(own.reshape(gradient.shape()));
    }
    if (positions != null && acts) {
      positions.backward(pass, IntStream.range(0, part.time()).toArray(), own);
    }
  }
}
