package org.peft4j.transformers.internal.block;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.AttentionPart.Layout;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.BranchPart;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.MixerPart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.architecture.Rotary;

/** Tiny parts: hidden states are {@value #WIDTH} wide, heads {@value #SIZE}. */
final class Parts {
  static final int WIDTH = 6;
  static final int SIZE = 4;

  private Parts() {}

  static BlockPart block(ResidualPart... sublayers) {
    return new BlockPart("block", List.of(sublayers));
  }

  /** Pre-norm sub-layers around an attention and a feed-forward part. */
  static BlockPart around(AttentionPart attention) {
    return around("", attention);
  }

  /** The same with a prefix before all names. */
  static BlockPart around(String prefix, AttentionPart attention) {
    return block(
        ResidualPart.preNorm(
            rms(prefix + "norm1"), attention, ResidualPart.place(prefix + "attention", WIDTH)),
        ResidualPart.preNorm(
            rms(prefix + "norm2"),
            gated(prefix + "mlp"),
            ResidualPart.place(prefix + "mlp", WIDTH)));
  }

  static BranchPart branch(
      String name, Optional<NormPart> before, MixerPart mixer, Optional<NormPart> after) {
    return new BranchPart(before, mixer, after, ResidualPart.place(name, WIDTH));
  }

  static BranchPart branch(String name, MixerPart mixer, double factor) {
    return new BranchPart(
        Optional.empty(), mixer, Optional.empty(), factor, ResidualPart.place(name, WIDTH));
  }

  static NormPart layerNorm(String name) {
    return NormPart.layer(name, WIDTH, 1e-5);
  }

  static NormPart rms(String name) {
    return rms(name, WIDTH, NormPart.Kind.RMS);
  }

  static NormPart rms(String name, int width, NormPart.Kind kind) {
    return new NormPart(NormPart.rms(name, width, 1e-5).site(), kind, 1e-5);
  }

  static FeedForwardPart plain(String name) {
    return new FeedForwardPart(
        Activation.GELU_TANH,
        Optional.empty(),
        linear(name + ".up", WIDTH, 5),
        linear(name + ".down", 5, WIDTH));
  }

  static FeedForwardPart gated(String name) {
    return new FeedForwardPart(
        Activation.SILU,
        Optional.of(linear(name + ".gate", WIDTH, 5)),
        linear(name + ".up", WIDTH, 5),
        linear(name + ".down", 5, WIDTH));
  }

  static FeedForwardPart fusedGate(String name) {
    return FeedForwardPart.fusedGate(
        Activation.SILU, linear(name + ".gate_up", WIDTH, 10), linear(name + ".down", 5, WIDTH));
  }

  static LinearPart linear(String name, long in, long out) {
    return LinearPart.of(name, SiteRole.OTHER, in, out, true, 0.02);
  }

  /** Causal self-attention with a matrix each for queries, keys and values. */
  static Draft attention(int heads, int keyValueHeads) {
    return new Draft(heads, keyValueHeads);
  }

  /** An attention part in the making. */
  static final class Draft {
    private final int heads;
    private final int keyValueHeads;
    private AttentionPart.Source source = AttentionPart.Source.SELF;
    private boolean causal = true;
    private OptionalInt window = OptionalInt.empty();
    private OptionalDouble softCap = OptionalDouble.empty();
    private @Nullable Layout layout;
    private Optional<NormPart> queryNorm = Optional.empty();
    private Optional<NormPart> keyNorm = Optional.empty();
    private AttentionPart.Positions positions = new AttentionPart.NoPositions();

    private Draft(int heads, int keyValueHeads) {
      this.heads = heads;
      this.keyValueHeads = keyValueHeads;
    }

    Draft full() {
      causal = false;
      return this;
    }

    Draft ofEncoder() {
      source = AttentionPart.Source.ENCODER;
      return full();
    }

    Draft window(int size) {
      window = OptionalInt.of(size);
      return this;
    }

    Draft softCap(double cap) {
      softCap = OptionalDouble.of(cap);
      return this;
    }

    Draft fused(Layout value) {
      layout = value;
      return this;
    }

    Draft headNorms(int queryWidth, int keyWidth, NormPart.Kind kind) {
      queryNorm = Optional.of(rms("q_norm", queryWidth, kind));
      keyNorm = Optional.of(rms("k_norm", keyWidth, kind));
      return this;
    }

    Draft rotary(int size) {
      return rotary(size, false);
    }

    Draft rotary(int size, boolean interleaved) {
      Rotary rotary = new Rotary(10_000, new Rotary.None());
      positions = new AttentionPart.RotaryPositions(rotary, size, interleaved);
      return this;
    }

    Draft alibi() {
      positions = new AttentionPart.Alibi();
      return this;
    }

    Draft relative(int buckets, int maxDistance) {
      EmbeddingPart table = EmbeddingPart.of("relative", SiteRole.OTHER, buckets, heads, 0.02);
      positions = new AttentionPart.RelativeBias(table, maxDistance, !causal);
      return this;
    }

    AttentionPart part() {
      return part("");
    }

    /** With a prefix before all names but that of a table of relative positions. */
    AttentionPart part(String prefix) {
      return new AttentionPart(
          source,
          causal,
          window,
          heads,
          keyValueHeads,
          SIZE,
          0.7,
          softCap,
          projections(prefix),
          queryNorm,
          keyNorm,
          positions,
          linear(prefix + "o", (long) heads * SIZE, WIDTH),
          AttentionPart.prefix(prefix + "attention", keyValueHeads, SIZE));
    }

    private AttentionPart.Projections projections(String prefix) {
      long queries = (long) heads * SIZE;
      long keys = (long) keyValueHeads * SIZE;
      if (layout != null) {
        return new AttentionPart.Fused(linear(prefix + "qkv", WIDTH, queries + 2 * keys), layout);
      }
      return new AttentionPart.Separate(
          linear(prefix + "q", WIDTH, queries),
          linear(prefix + "k", WIDTH, keys),
          linear(prefix + "v", WIDTH, keys));
    }
  }
}
