package org.peft4j.diffusion.plan;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.diffusion.internal.architecture.AttentionMaps;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.architecture.TransformerPart;
import org.peft4j.diffusion.internal.model.Area;

/**
 * The elements of a stage's arrays in a step: what it keeps for its backward pass, and its largest
 * temporaries.
 */
record StageElements(long kept, long temporary) {
  /**
   * Of a stage on pictures of that size.
   *
   * @param channels that it gives
   */
  static StageElements of(Stage stage, Area in, long channels, int tokens) {
    long result = in.rows() * channels;
    if (stage instanceof Stage.Residual residual) {
      long inner = in.rows() * residual.conv1().outputs();
      long joined = in.rows() * residual.norm1().site().count() / 2;
      return new StageElements(inner, 4 * inner + 4 * joined);
    }
    if (stage instanceof Stage.Attend attend) {
      return attend(attend, in, tokens);
    }
    if (stage instanceof Stage.PixelAttention pixels) {
      return attention(pixels.maps(), in, tokens);
    }
    if (stage instanceof Stage.Time) {
      return new StageElements(0, 0);
    }
    return new StageElements(0, 4 * result);
  }

  private static StageElements attend(Stage.Attend attend, Area in, int tokens) {
    long width = attend.in().site().outputs();
    long states = in.rows() * width;
    long kept = 0;
    long temporary = 0;
    for (TransformerPart block : attend.blocks()) {
      StageElements first = attention(block.first(), in, tokens);
      StageElements second = attention(block.second(), in, tokens);
      long inner = in.rows() * block.down().inputs();
      kept += 3 * states + 6 * in.rows() + first.kept() + second.kept() + 2 * inner;
      temporary = Math.max(temporary, first.temporary() + second.temporary() + 8 * inner);
    }
    return new StageElements(kept + states, temporary + 6 * states);
  }

  /** Queries, contexts, keys, values and probabilities. */
  private static StageElements attention(AttentionMaps maps, Area in, int tokens) {
    long width = maps.query().outputs();
    long keys = maps.readsText() ? tokens : in.pixels();
    long rows = 2 * width * (in.rows() + in.batch() * keys);
    long probabilities = in.batch() * maps.heads() * in.pixels() * keys;
    return new StageElements(rows + probabilities, rows);
  }

  /** The pictures that a stage gives, and its channels. */
  record Result(Area area, long channels) {
    static Result of(Stage stage, Area in, long channels, @Nullable Area next) {
      if (stage instanceof Stage.Convolve convolve) {
        var window = convolve.convolution().window();
        Area out = new Area(in.batch(), window.height(in.height()), window.width(in.width()));
        return new Result(out, convolve.convolution().outputs());
      }
      if (stage instanceof Stage.Enlarge enlarge) {
        Area twice = new Area(in.batch(), 2 * in.height(), 2 * in.width());
        return new Result(Optional.ofNullable(next).orElse(twice), enlarge.convolution().outputs());
      }
      if (stage instanceof Stage.Residual residual) {
        return new Result(in, residual.conv2().outputs());
      }
      if (stage instanceof Stage.Activated activated) {
        return new Result(in, activated.convolution().outputs());
      }
      return new Result(in, channels);
    }
  }
}
