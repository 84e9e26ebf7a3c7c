package org.peft4j.diffusion.internal.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.diffusion.internal.architecture.AttentionMaps;
import org.peft4j.diffusion.internal.architecture.ConvolutionPart;
import org.peft4j.diffusion.internal.architecture.GroupNormPart;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.architecture.TransformerPart;
import org.peft4j.kernel.Convolution.Window;
import org.peft4j.site.Site;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.NormPart;

/**
 * The stages of models of pictures, with the names that diffusers gives their modules.
 *
 * @param groups of channels in norms
 * @param epsilon of the norms in residual blocks
 * @param timeWidth of the embedding of the time step; 0 for none
 */
record Parts(int groups, double epsilon, int timeWidth) {
  private static final double ATTENTION_EPSILON = 1e-6;
  private static final double TOKEN_EPSILON = 1e-5;
  private static final double DEVIATION = 0.02;

  static LinearPart linear(String name, SiteRole role, long in, long out, boolean bias) {
    return LinearPart.of(name, role, in, out, bias, DEVIATION);
  }

  GroupNormPart norm(String name, long channels) {
    return GroupNormPart.of(name, channels, groups, epsilon);
  }

  Stage.Residual residual(String name, long in, long out, boolean skip) {
    return new Stage.Residual(
        name,
        norm(name + ".norm1", in),
        ConvolutionPart.same(name + ".conv1", in, out, 3),
        timeWidth == 0
            ? Optional.empty()
            : Optional.of(linear(name + ".time_emb_proj", SiteRole.OTHER, timeWidth, out, true)),
        norm(name + ".norm2", out),
        ConvolutionPart.same(name + ".conv2", out, out, 3),
        in == out
            ? Optional.empty()
            : Optional.of(ConvolutionPart.same(name + ".conv_shortcut", in, out, 1)),
        skip);
  }

  /** An attention between pixels with one head, as an autoencoder has it. */
  Stage.PixelAttention pixelAttention(String name, long width) {
    return new Stage.PixelAttention(
        name,
        norm(name + ".group_norm", width),
        new AttentionMaps(
            linear(name + ".to_q", SiteRole.QUERY, width, width, true),
            linear(name + ".to_k", SiteRole.KEY, width, width, true),
            linear(name + ".to_v", SiteRole.VALUE, width, width, true),
            linear(name + ".to_out.0", SiteRole.ATTENTION_OUTPUT, width, width, true),
            1,
            false));
  }

  /** A transformer on pixels. */
  Stage.Attend attend(
      String name, long width, int heads, int textWidth, int depth, boolean linear, boolean cross) {
    List<TransformerPart> blocks = new ArrayList<>();
    for (int i = 0; i < depth; i++) {
      blocks.add(block(name + ".transformer_blocks." + i, width, heads, textWidth, cross));
    }
    return new Stage.Attend(
        name,
        GroupNormPart.of(name + ".norm", width, groups, ATTENTION_EPSILON),
        pixelMap(name + ".proj_in", width, linear),
        blocks,
        pixelMap(name + ".proj_out", width, linear));
  }

  private static Stage.PixelMap pixelMap(String name, long width, boolean linear) {
    Site site =
        linear
            ? linear(name, SiteRole.OTHER, width, width, true).site()
            : ConvolutionPart.same(name, width, width, 1).site();
    return new Stage.PixelMap(site);
  }

  private static TransformerPart block(
      String name, long width, int heads, int textWidth, boolean cross) {
    String feedForward = name + ".ff.net.";
    return new TransformerPart(
        NormPart.layer(name + ".norm1", width, TOKEN_EPSILON),
        maps(name + ".attn1", width, heads, cross ? textWidth : 0),
        NormPart.layer(name + ".norm2", width, TOKEN_EPSILON),
        maps(name + ".attn2", width, heads, textWidth),
        NormPart.layer(name + ".norm3", width, TOKEN_EPSILON),
        linear(feedForward + "0.proj", SiteRole.UP, width, 8 * width, true),
        linear(feedForward + "2", SiteRole.DOWN, 4 * width, width, true));
  }

  private static AttentionMaps maps(String name, long width, int heads, int textWidth) {
    long source = textWidth == 0 ? width : textWidth;
    return new AttentionMaps(
        linear(name + ".to_q", SiteRole.QUERY, width, width, false),
        linear(name + ".to_k", SiteRole.KEY, source, width, false),
        linear(name + ".to_v", SiteRole.VALUE, source, width, false),
        linear(name + ".to_out.0", SiteRole.ATTENTION_OUTPUT, width, width, true),
        heads,
        textWidth > 0);
  }

  /** Half the extents, by a convolution with padding on all sides. */
  static Stage.Convolve halve(String name, long channels) {
    return new Stage.Convolve(
        name, ConvolutionPart.of(name + ".conv", channels, channels, Window.square(3, 2, 1)));
  }

  static Stage.Enlarge enlarge(String name, long channels) {
    return new Stage.Enlarge(name, ConvolutionPart.same(name + ".conv", channels, channels, 3));
  }
}
