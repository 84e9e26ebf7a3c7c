package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;

/**
 * Maps pictures [batch, channels, height, width] to the first hidden states of a vision transformer
 * (Dosovitskiy et al., 2021): {@code norm([tokens; W·patch + b] + positions)}. Patches do not
 * overlap; pixels that are left over at the right and the lower edge are not read.
 *
 * @param patches the map from patches; it moves by its kernel
 * @param learnt the tokens before the patches and, unless these are a module, the positions
 * @param tokens the keys in {@code learnt} of the tokens, in their order
 * @param positions the table of positions where it is a module of its own: CLIP
 * @param norm of the sum, before the first block: CLIP
 * @param imageHeight of the pictures that the model was made for, in pixels
 * @param imageWidth the same
 */
public record PatchInput(
    ConvolutionPart patches,
    Learnt learnt,
    List<String> tokens,
    Optional<EmbeddingPart> positions,
    Optional<NormPart> norm,
    int imageHeight,
    int imageWidth)
    implements StackInput {
  public PatchInput {
    tokens = List.copyOf(tokens);
    List<String> left =
        new ArrayList<>(learnt.site().parameters().stream().map(SiteParameter::name).toList());
    left.removeAll(tokens);
    if (left.size() != (positions.isPresent() ? 0 : 1)) {
      throw new IllegalArgumentException(
          learnt.site().name()
              + " has "
              + left
              + " beside the tokens "
              + tokens
              + "; allowed: the positions, once.");
    }
  }

  /**
   * Parameters that are added to hidden states or put before them, and no map: {@code cls_token}.
   *
   * @param site named as the module that holds them
   * @param deviation the standard deviation of new ones
   */
  public record Learnt(Site site, double deviation) implements ModulePart {
    /** Parameters of the module of that name. */
    public static Learnt of(String name, List<SiteParameter> parameters, double deviation) {
      return new Learnt(Site.parameters(name, name, SiteKind.PARAMETERS, parameters), deviation);
    }

    /** The same, which files and adapters of before know as {@code other}. */
    public Learnt formerly(String other) {
      return new Learnt(site.formerly(other), deviation);
    }
  }

  /** The key in {@code learnt} of the positions; empty where they are a module. */
  public Optional<String> positionKey() {
    return learnt.site().parameters().stream()
        .map(SiteParameter::name)
        .filter(name -> !tokens.contains(name))
        .findFirst();
  }

  /** The height of a patch, in pixels. */
  public int patchHeight() {
    return Math.toIntExact(patches.site().kernel().get(0));
  }

  /** The width of a patch, in pixels. */
  public int patchWidth() {
    return Math.toIntExact(patches.site().kernel().get(1));
  }

  /** The rows of patches of a picture that the model was made for. */
  public int rows() {
    return imageHeight / patchHeight();
  }

  /** The patches of each row. */
  public int columns() {
    return imageWidth / patchWidth();
  }

  /** The number of hidden states of such a picture: tokens, then patches. */
  public int time() {
    return tokens.size() + rows() * columns();
  }

  /** The channels of a picture. */
  public int channels() {
    return Math.toIntExact(patches.site().inputs());
  }

  @Override
  public long width() {
    return patches.site().outputs();
  }

  @Override
  public Optional<EmbeddingPart> table() {
    return Optional.empty();
  }

  @Override
  public List<ModulePart> modules() {
    List<ModulePart> modules = new ArrayList<>(List.of(learnt, patches));
    positions.ifPresent(modules::add);
    norm.ifPresent(modules::add);
    return modules;
  }

  @Override
  public List<Site> sites() {
    return modules().stream().map(ModulePart::site).toList();
  }
}
