package org.peft4j.transformers.internal.block;

import static org.peft4j.transformers.internal.block.Parts.SIZE;
import static org.peft4j.transformers.internal.block.Parts.WIDTH;
import static org.peft4j.transformers.internal.block.Parts.around;
import static org.peft4j.transformers.internal.block.Parts.attention;
import static org.peft4j.transformers.internal.block.Parts.block;
import static org.peft4j.transformers.internal.block.Parts.branch;
import static org.peft4j.transformers.internal.block.Parts.fusedGate;
import static org.peft4j.transformers.internal.block.Parts.gated;
import static org.peft4j.transformers.internal.block.Parts.layerNorm;
import static org.peft4j.transformers.internal.block.Parts.plain;
import static org.peft4j.transformers.internal.block.Parts.rms;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.AttentionPart.Layout;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.NormPart.Kind;
import org.peft4j.transformers.architecture.ResidualPart;

/** Every form of a block and of its parts, by name. */
enum Forms {
  PRE_NORM(around(attention(2, 1).part())),
  POST_NORM(
      block(
          ResidualPart.postNorm(
              layerNorm("norm1"), attention(2, 2).part(), ResidualPart.place("attention", WIDTH)),
          ResidualPart.postNorm(
              layerNorm("norm2"), plain("mlp"), ResidualPart.place("mlp", WIDTH)))),
  SANDWICH(
      block(
          new ResidualPart(
              Optional.empty(),
              List.of(branch("attention", norm("norm1"), attention(2, 2).part(), norm("norm2"))),
              Optional.empty()),
          new ResidualPart(
              Optional.empty(),
              List.of(branch("mlp", norm("norm3"), gated("mlp"), norm("norm4"))),
              Optional.empty()))),
  PARALLEL_WITH_ONE_NORM(
      block(
          new ResidualPart(
              Optional.of(layerNorm("norm")),
              List.of(
                  branch("attention", Optional.empty(), attention(2, 2).part(), Optional.empty()),
                  branch("mlp", Optional.empty(), plain("mlp"), Optional.empty())),
              Optional.empty()))),
  PARALLEL_WITH_A_NORM_EACH(
      block(
          new ResidualPart(
              Optional.empty(),
              List.of(
                  branch("attention", norm("norm1"), attention(2, 2).part(), Optional.empty()),
                  branch("mlp", norm("norm2"), plain("mlp"), Optional.empty())),
              Optional.empty()))),
  WITHOUT_NORMS(
      block(
          new ResidualPart(
              Optional.empty(),
              List.of(
                  branch("attention", Optional.empty(), attention(2, 2).part(), Optional.empty()),
                  branch("mlp", Optional.empty(), gated("mlp"), Optional.empty())),
              Optional.empty()))),
  NORMS_AROUND_EVERYTHING(
      block(
          new ResidualPart(
              Optional.of(layerNorm("norm1")),
              List.of(
                  branch("attention", Optional.empty(), attention(2, 2).part(), norm("norm2")),
                  branch("mlp", Optional.empty(), plain("mlp"), norm("norm3"))),
              Optional.of(layerNorm("norm4"))))),
  PARALLEL_WITH_FACTORS(
      block(
          new ResidualPart(
              Optional.of(layerNorm("norm")),
              List.of(
                  branch("attention", attention(2, 2).part(), 0.3),
                  branch("mlp", plain("mlp"), 0.6)),
              Optional.empty()))),
  FUSED_GATE(
      block(ResidualPart.preNorm(rms("norm"), fusedGate("mlp"), ResidualPart.place("mlp", WIDTH)))),
  FUSED_THIRDS(around(attention(2, 2).fused(Layout.THIRDS).part())),
  FUSED_THIRDS_GROUPED(around(attention(4, 2).fused(Layout.THIRDS).part())),
  FUSED_HEADS(around(attention(2, 2).fused(Layout.HEADS).part())),
  FUSED_HEADS_GROUPED(around(attention(4, 2).fused(Layout.HEADS).part())),
  NORM_OF_EACH_HEAD(around(attention(4, 2).headNorms(SIZE, SIZE, Kind.RMS).rotary(4).part())),
  NORM_OF_EACH_HEAD_ONE_PLUS(
      around(attention(4, 2).headNorms(SIZE, SIZE, Kind.RMS_ONE_PLUS).part())),
  NORM_OF_ALL_HEADS(around(attention(2, 1).headNorms(2 * SIZE, SIZE, Kind.RMS).part())),
  NORM_OF_FUSED_HEADS(
      around(attention(2, 2).fused(Layout.THIRDS).headNorms(SIZE, SIZE, Kind.RMS).part())),
  SOFT_CAP(around(attention(2, 2).softCap(0.8).part())),
  WINDOW(around(attention(2, 2).window(2).part())),
  BOTH_DIRECTIONS(around(attention(2, 2).full().part())),
  WINDOW_ON_BOTH_SIDES(around(attention(2, 2).full().window(2).part())),
  NORM_WITHOUT_BIAS(
      block(
          ResidualPart.preNorm(
              NormPart.layer("norm", WIDTH, 1e-5, false),
              plain("mlp"),
              ResidualPart.place("mlp", WIDTH)))),
  ROTARY(around(attention(2, 1).rotary(4).part())),
  PARTIAL_ROTARY(around(attention(2, 1).rotary(2).part())),
  ROTARY_OF_NEIGHBOURS(around(attention(2, 1).rotary(4, true).part())),
  PARTIAL_ROTARY_OF_NEIGHBOURS(around(attention(2, 2).rotary(2, true).part())),
  ALIBI(around(attention(3, 3).alibi().part())),
  RELATIVE_BIAS(around(attention(2, 2).relative(4, 6).part())),
  RELATIVE_BIAS_IN_BOTH_DIRECTIONS(around(attention(2, 2).full().relative(4, 6).part())),
  RMS_ONE_PLUS(
      block(
          ResidualPart.preNorm(
              rms("norm", WIDTH, Kind.RMS_ONE_PLUS),
              gated("mlp"),
              ResidualPart.place("mlp", WIDTH)))),
  CROSS_ATTENTION(around(attention(2, 1).ofEncoder().part()));

  private final BlockPart part;

  Forms(BlockPart part) {
    this.part = part;
  }

  private static Optional<NormPart> norm(String name) {
    return Optional.of(rms(name));
  }

  BlockPart part() {
    return part;
  }

  /** Those that take adapters: keys before a window are refused where they would leave it. */
  List<Site> sites() {
    return part.sites().stream().filter(this::takes).toList();
  }

  boolean takes(Site site) {
    return this != WINDOW || site.kind() != SiteKind.ATTENTION;
  }

  /** With that on all sites; with a second sequence that has padding, where padding can be. */
  BlockCase on(java.util.function.Predicate<Site> grafted) {
    BlockCase block = new BlockCase(grafted.and(this::takes), part);
    boolean cross =
        part.attentions().stream().anyMatch(a -> a.source() == AttentionPart.Source.ENCODER);
    if (cross) {
      block.withEncoder();
    } else {
      block.withMask(Nd4j.createFromArray(new int[][] {{1, 1, 1, 1, 1}, {1, 1, 1, 1, 0}}));
    }
    return block;
  }

  static Stream<Forms> all() {
    return Stream.of(values());
  }
}
