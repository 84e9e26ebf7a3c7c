package org.peft4j.diffusion.internal.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.LinearPart;

/** A layer of a model of pictures: what follows what is a list of them. */
public sealed interface Stage {
  /** Its name in the graph; the path of its module in a checkpoint, where it is one. */
  String name();

  /** Its sites, in the order of the forward pass. */
  List<Site> sites();

  /**
   * The embedding of the time step, {@code two(silu(one(sinusoids(t))))}, which all residual blocks
   * read; the picture passes by.
   *
   * @param shift of the frequencies, {@code 10000^(−i/(half − shift))}
   * @param cosinesFirst whether cosines come before sines
   */
  record Time(String name, LinearPart one, LinearPart two, double shift, boolean cosinesFirst)
      implements Stage {
    @Override
    public List<Site> sites() {
      return List.of(one.site(), two.site());
    }
  }

  /** A convolution: the first of a model, one that halves the extents, or one beside latents. */
  record Convolve(String name, ConvolutionPart convolution) implements Stage {
    @Override
    public List<Site> sites() {
      return List.of(convolution.site());
    }
  }

  /**
   * A residual block: {@code shortcut(x) + conv2(silu(norm2(conv1(silu(norm1(x))) + time)))}.
   *
   * @param time maps the embedding of the time step to a bias; empty in an autoencoder
   * @param shortcut of 1 × 1 pixels where the channels change
   * @param skip whether what a stage on the way down kept is joined to x
   */
  record Residual(
      String name,
      GroupNormPart norm1,
      ConvolutionPart conv1,
      Optional<LinearPart> time,
      GroupNormPart norm2,
      ConvolutionPart conv2,
      Optional<ConvolutionPart> shortcut,
      boolean skip)
      implements Stage {
    @Override
    public List<Site> sites() {
      List<Site> sites = new ArrayList<>(List.of(norm1.site(), conv1.site()));
      time.ifPresent(part -> sites.add(part.site()));
      sites.addAll(List.of(norm2.site(), conv2.site()));
      shortcut.ifPresent(part -> sites.add(part.site()));
      return List.copyOf(sites);
    }
  }

  /** A map of pixels into and out of a transformer: a linear one, or a convolution of one pixel. */
  record PixelMap(Site site) {}

  /** Blocks of a transformer on pixels: {@code x + out(blocks(in(norm(x))))}. */
  record Attend(
      String name, GroupNormPart norm, PixelMap in, List<TransformerPart> blocks, PixelMap out)
      implements Stage {
    public Attend {
      blocks = List.copyOf(blocks);
    }

    @Override
    public List<Site> sites() {
      return Stream.of(
              List.of(norm.site(), in.site()),
              blocks.stream().flatMap(block -> block.sites().stream()).toList(),
              List.of(out.site()))
          .flatMap(List::stream)
          .toList();
    }
  }

  /** One attention between pixels, as in an autoencoder: {@code x + attention(norm(x))}. */
  record PixelAttention(String name, GroupNormPart norm, AttentionMaps maps) implements Stage {
    @Override
    public List<Site> sites() {
      return Stream.of(List.of(norm.site()), maps.sites()).flatMap(List::stream).toList();
    }

    /** The keys of its parameters in files of diffusers' first versions, by those of today. */
    Map<String, String> formerKeys() {
      Map<String, String> former = new TreeMap<>();
      List<String> names = List.of("query", "key", "value", "proj_attn");
      for (int i = 0; i < names.size(); i++) {
        for (String parameter : List.of(".weight", ".bias")) {
          String today = maps.sites().get(i).name() + parameter;
          former.put(today, name + "." + names.get(i) + parameter);
        }
      }
      return former;
    }
  }

  /**
   * The nearest pixels of a picture twice as large, or as large as what is joined next, convolved.
   */
  record Enlarge(String name, ConvolutionPart convolution) implements Stage {
    @Override
    public List<Site> sites() {
      return List.of(convolution.site());
    }
  }

  /** The end of a model, or of an encoder's blocks: {@code conv(silu(norm(x)))}. */
  record Activated(String name, GroupNormPart norm, ConvolutionPart convolution) implements Stage {
    @Override
    public List<Site> sites() {
      return List.of(norm.site(), convolution.site());
    }
  }
}
