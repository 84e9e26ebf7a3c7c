package org.peft4j.diffusion.plan;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.peft4j.diffusion.internal.architecture.AttentionMaps;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.architecture.TransformerPart;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.KeptProbabilities;
import org.peft4j.kernel.QueryTiles;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.site.Site;

/**
 * The elements of a stage's arrays in a step. A layer's temporaries are all there until it is done.
 *
 * @param kept what it keeps from its forward pass for its backward pass
 * @param exact of these, what is never rounded: statistics
 * @param forward temporaries of its forward pass
 * @param backward those of its backward pass, which computes norms and products again
 * @param reused temporaries of attentions, which all layers take from the same memory
 * @param skipped those of the forward pass that are not there when it is repeated for the backward
 *     pass, because nobody needs the layer's result
 */
record StageElements(
    long kept, long exact, long forward, long backward, long reused, long skipped) {
  private static final StageElements NONE = new StageElements(0, 0, 0);

  private StageElements(long kept, long forward, long backward) {
    this(kept, 0, forward, backward, 0, 0);
  }

  /** What is kept and may be rounded. */
  long rounded() {
    return kept - exact;
  }

  /**
   * Of a stage on pictures of that size.
   *
   * @param in what it reads
   * @param out what it gives
   * @param adapted the names of the adapted sites: where none acts, inputs are not computed again
   */
  static StageElements of(Stage stage, Area in, Result out, int tokens, Set<String> adapted) {
    if (stage instanceof Stage.Residual residual) {
      return residual(residual, in);
    }
    if (stage instanceof Stage.Attend attend) {
      return attend(attend, in, tokens, adapted);
    }
    if (stage instanceof Stage.PixelAttention pixels) {
      return attention(pixels.maps(), in, tokens);
    }
    if (stage instanceof Stage.Enlarge enlarge) {
      long large = out.area().rows() * enlarge.convolution().site().inputs();
      return new StageElements(0, large, 2 * large);
    }
    if (stage instanceof Stage.Activated activated) {
      long read = in.rows() * activated.convolution().site().inputs();
      return new StageElements(0, read, 3 * read);
    }
    return NONE;
  }

  private static StageElements residual(Stage.Residual part, Area in) {
    long inner = in.rows() * part.conv1().outputs();
    long joined = in.rows() * part.conv1().site().inputs();
    long shortcut = part.shortcut().isPresent() ? in.rows() * part.conv2().outputs() : 0;
    long skip = part.skip() ? joined : 0;
    return new StageElements(
        inner, skip + joined + inner + shortcut, 2 * skip + 3 * joined + 4 * inner);
  }

  private static StageElements attend(
      Stage.Attend attend, Area in, int tokens, Set<String> adapted) {
    long states = in.rows() * attend.in().site().outputs();
    long kept = states;
    long forward = states;
    // Gradients of the blocks' result and of the norm's, which an adapter of the map in reads.
    long backward = (acts(attend.in().site(), adapted) ? 3 : 2) * states;
    long reused = 0;
    long skipped = 0;
    long exact = 0;
    for (TransformerPart block : attend.blocks()) {
      StageElements first = attention(block.first(), in, tokens);
      StageElements second = attention(block.second(), in, tokens);
      long inner = in.rows() * block.down().inputs();
      long both = 2 * inner;
      long keptBoth = acts(block.up().site(), adapted) ? both : 0;
      kept += 3 * states + 6 * in.rows() + first.kept() + second.kept() + keptBoth;
      exact += 6 * in.rows() + first.exact() + second.exact();
      skipped = both - keptBoth + inner;
      forward += 3 * states + first.forward() + second.forward() + skipped;
      backward += (7 + normsAgain(block, adapted)) * states;
      long products = acts(block.down().site(), adapted) ? 2 * inner : inner;
      backward += first.backward() + second.backward() + both - keptBoth + products;
      reused = Math.max(reused, Math.max(first.reused(), second.reused()));
    }
    // The last block's feed-forward layer gives what only the map out reads.
    boolean read = acts(attend.out().site(), adapted);
    return new StageElements(kept, exact, forward, backward, reused, read ? 0 : skipped);
  }

  /** Attentions' norms that the backward pass computes again, because an adapter reads them. */
  private static long normsAgain(TransformerPart block, Set<String> adapted) {
    return Stream.of(readers(block.first()), readers(block.second()))
        .filter(sites -> sites.anyMatch(site -> acts(site, adapted)))
        .count();
  }

  private static boolean acts(Site site, Set<String> adapted) {
    return adapted.contains(site.name());
  }

  /** What reads the pixels of an attention. */
  private static Stream<Site> readers(AttentionMaps maps) {
    return maps.readsText()
        ? Stream.of(maps.query().site())
        : Stream.of(maps.query().site(), maps.key().site(), maps.value().site());
  }

  /**
   * Queries, contexts, keys, values, and what is kept of probabilities; the gradients of each, of
   * one tile of probabilities at a time.
   */
  private static StageElements attention(AttentionMaps maps, Area in, int tokens) {
    long width = maps.query().outputs();
    long keys = maps.readsText() ? tokens : in.pixels();
    long rows = 2 * width * (in.rows() + in.batch() * keys);
    AttentionPattern pattern =
        AttentionPattern.full(Math.toIntExact(in.pixels()), Math.toIntExact(keys));
    long area = in.pixels() * keys;
    long probabilities =
        in.batch() * maps.heads() * KeptProbabilities.STANDARD.elements(pattern, area);
    List<Tile> tiles = QueryTiles.of(pattern);
    long queries = tiles.stream().mapToLong(Tile::count).max().orElse(0);
    boolean kept = KeptProbabilities.STANDARD.keeps(pattern, area);
    long scores = QueryTiles.scoresAtOnce(pattern, maps.heads(), !kept);
    // Heads with one more feature: values and gradients of contexts, keys and queries.
    long wider = (keys + queries) * (width + maps.heads());
    return new StageElements(
        rows + probabilities,
        kept ? 0 : probabilities,
        0,
        rows,
        (kept ? 1 : 2) * (scores + wider),
        0);
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
