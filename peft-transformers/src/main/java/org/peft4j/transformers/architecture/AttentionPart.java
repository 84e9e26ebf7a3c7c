package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteRole;

/**
 * Scaled dot-product attention: {@code out(softmax(cap(scale·q·kᵀ) + bias)·v)}, where {@code cap(s)
 * = c·tanh(s/c)} with a soft cap c, otherwise s.
 *
 * @param source the input of keys and values
 * @param causal whether a query sees only keys up to its own position
 * @param window how many keys up to its own position a query sees, and if it is not causal also
 *     from its own position on; all if empty
 * @param heads query heads
 * @param keyValueHeads key and value heads, each shared by {@code heads / keyValueHeads} query
 *     heads
 * @param headSize width of a head
 * @param scale the factor of the scores
 * @param softCap c
 * @param projections the maps to queries, keys and values
 * @param queryNorm the norm of each head's queries
 * @param keyNorm the norm of each head's keys
 * @param positions how scores depend on positions
 * @param output the map from all heads to hidden states
 * @param prefix the site of keys and values before those of the input
 */
public record AttentionPart(
    Source source,
    boolean causal,
    OptionalInt window,
    int heads,
    int keyValueHeads,
    int headSize,
    double scale,
    OptionalDouble softCap,
    Projections projections,
    Optional<NormPart> queryNorm,
    Optional<NormPart> keyNorm,
    Positions positions,
    LinearPart output,
    Site prefix)
    implements MixerPart {
  public AttentionPart {
    List<String> problems = new ArrayList<>();
    if (window.isPresent() && (window.getAsInt() < 1 || source == Source.ENCODER)) {
      problems.add(
          "window is " + window.getAsInt() + "; allowed: at least 1, in attention to itself.");
    }
    if (softCap.isPresent() && !(softCap.getAsDouble() > 0)) {
      problems.add("softCap is " + softCap.getAsDouble() + "; allowed: above 0.");
    }
    if (source == Source.ENCODER) {
      if (causal) {
        problems.add("causal is true; allowed for attention to an encoder: false.");
      }
      if (!(projections instanceof Separate)) {
        problems.add("projections are fused; allowed for attention to an encoder: separate ones.");
      }
      if (!(positions instanceof NoPositions)) {
        problems.add("positions are " + positions + "; allowed for attention to an encoder: none.");
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(prefix.name() + ": " + String.join(" ", problems));
    }
  }

  /**
   * Causal self-attention without a window, with scores q·k/√headSize.
   *
   * @param name the path of the attention's module, and the name of its prefix site
   */
  public static AttentionPart causal(
      String name,
      int heads,
      int keyValueHeads,
      int headSize,
      Projections projections,
      Positions positions,
      LinearPart output) {
    return self(name, true, heads, keyValueHeads, headSize, projections, positions, output);
  }

  /**
   * Self-attention of all tokens to all, with scores q·k/√headSize.
   *
   * @param name the path of the attention's module, and the name of its prefix site
   */
  public static AttentionPart full(
      String name,
      int heads,
      int headSize,
      Projections projections,
      Positions positions,
      LinearPart output) {
    return self(name, false, heads, heads, headSize, projections, positions, output);
  }

  private static AttentionPart self(
      String name,
      boolean causal,
      int heads,
      int keyValueHeads,
      int headSize,
      Projections projections,
      Positions positions,
      LinearPart output) {
    return new AttentionPart(
        Source.SELF,
        causal,
        OptionalInt.empty(),
        heads,
        keyValueHeads,
        headSize,
        1 / Math.sqrt(headSize),
        OptionalDouble.empty(),
        projections,
        Optional.empty(),
        Optional.empty(),
        positions,
        output,
        prefix(name, keyValueHeads, headSize));
  }

  /** The same with other scores: their factor, and c of their cap. */
  public AttentionPart withScores(double factor, OptionalDouble cap) {
    return new AttentionPart(
        source,
        causal,
        window,
        heads,
        keyValueHeads,
        headSize,
        factor,
        cap,
        projections,
        queryNorm,
        keyNorm,
        positions,
        output,
        prefix);
  }

  /** The same with norms of queries and keys. */
  public AttentionPart withHeadNorms(NormPart ofQueries, NormPart ofKeys) {
    return new AttentionPart(
        source,
        causal,
        window,
        heads,
        keyValueHeads,
        headSize,
        scale,
        softCap,
        projections,
        Optional.of(ofQueries),
        Optional.of(ofKeys),
        positions,
        output,
        prefix);
  }

  /** The same with that window. */
  public AttentionPart withWindow(OptionalInt value) {
    return new AttentionPart(
        source,
        causal,
        value,
        heads,
        keyValueHeads,
        headSize,
        scale,
        softCap,
        projections,
        queryNorm,
        keyNorm,
        positions,
        output,
        prefix);
  }

  /** The site of keys and values before those of the input, in the attention of that name. */
  public static Site prefix(String name, int keyValueHeads, int headSize) {
    return Site.place(name + ".past_key_values", name, SiteKind.ATTENTION, keyValueHeads, headSize);
  }

  /** The same of an attention of a decoder that reads an encoder, to its own tokens. */
  public static Site decoderPrefix(String name, int keyValueHeads, int headSize) {
    return prefix(name, keyValueHeads, headSize).as(SiteRole.DECODER_ATTENTION);
  }

  @Override
  public List<ModulePart> modules() {
    List<ModulePart> modules = new ArrayList<>(projections.modules());
    queryNorm.ifPresent(modules::add);
    keyNorm.ifPresent(modules::add);
    if (positions instanceof RelativeBias bias) {
      modules.add(bias.table());
    }
    modules.add(output);
    return modules;
  }

  @Override
  public SiteRole role() {
    return SiteRole.ATTENTION;
  }

  @Override
  public List<Site> places() {
    return List.of(prefix);
  }

  /** The input of keys and values. */
  public enum Source {
    /** The same hidden states as the queries. */
    SELF,
    /** The encoder's output. */
    ENCODER
  }

  /** The maps to queries, keys and values. */
  public sealed interface Projections permits Separate, Fused {
    /** The matrices, queries first. */
    List<ModulePart> modules();
  }

  /** A matrix for each of the three. */
  public record Separate(LinearPart query, LinearPart key, LinearPart value)
      implements Projections {
    @Override
    public List<ModulePart> modules() {
      return List.of(query, key, value);
    }
  }

  /**
   * One matrix for all three.
   *
   * @param layout how its outputs are arranged
   */
  public record Fused(LinearPart all, Layout layout) implements Projections {
    @Override
    public List<ModulePart> modules() {
      return List.of(all);
    }
  }

  /** How the outputs of a fused matrix are arranged. */
  public enum Layout {
    /** All queries, all keys, all values: GPT-2, Phi-3. */
    THIRDS,
    /** For each head its query, key and value: BLOOM, GPT-NeoX. */
    HEADS
  }

  /** How scores depend on positions. */
  public sealed interface Positions permits NoPositions, RotaryPositions, Alibi, RelativeBias {}

  /** Scores do not depend on positions: they are embedded, or there are none. */
  public record NoPositions() implements Positions {}

  /**
   * Rotary positions (Su et al., 2021).
   *
   * @param rotary frequencies and their scaling
   * @param size the number of rotated features of a head, from the first on
   * @param interleaved whether a pair is two neighbours, as in GPT-J; otherwise one of each half
   */
  public record RotaryPositions(Rotary rotary, int size, boolean interleaved) implements Positions {
    /** Pairs of one feature of each half. */
    public RotaryPositions(Rotary rotary, int size) {
      this(rotary, size, false);
    }
  }

  /**
   * ALiBi: a slope for each head times the distance (Press et al., 2022).
   *
   * @param scale its factor: 1/√headSize in Falcon
   * @param rounded whether slopes, positions and their products are rounded to BF16, as in Falcon
   */
  public record Alibi(double scale, boolean rounded) implements Positions {
    /** Slopes as in the paper. */
    public Alibi() {
      this(1, false);
    }
  }

  /**
   * A learnt number for each head and bucket of distances (Raffel et al., 2020).
   *
   * @param table [buckets, heads], in the stack's first block; all blocks with that table share it
   * @param maxDistance the distance from which on all share a bucket
   * @param bidirectional whether keys after the query have their own buckets
   */
  public record RelativeBias(EmbeddingPart table, int maxDistance, boolean bidirectional)
      implements Positions {}
}
