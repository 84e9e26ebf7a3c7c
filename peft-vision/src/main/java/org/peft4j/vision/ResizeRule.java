package org.peft4j.vision;

/** The size that a picture is resized to: {@code size} of a {@code preprocessor_config.json}. */
public sealed interface ResizeRule {
  /** The new size of a picture of this height and width. */
  PictureSize apply(int height, int width);

  /** Always this size, whatever becomes of the sides' ratio. */
  record Exactly(PictureSize size) implements ResizeRule {
    @Override
    public PictureSize apply(int height, int width) {
      return size;
    }
  }

  /** The shorter side becomes {@code edge}; the other follows, rounded down. */
  record ShortestEdge(int edge) implements ResizeRule {
    @Override
    public PictureSize apply(int height, int width) {
      return width <= height
          ? new PictureSize(scaled(edge, height, width), edge)
          : new PictureSize(edge, scaled(edge, width, height));
    }
  }

  /**
   * The shorter side becomes {@code shortest}, or less, so that the longer one has no more than
   * {@code longest}.
   */
  record BothEdges(int shortest, int longest) implements ResizeRule {
    @Override
    public PictureSize apply(int height, int width) {
      double shorter = Math.min(height, width);
      double longer = Math.max(height, width);
      double exact = shortest;
      int edge = shortest;
      if (longer / shorter * shortest > longest) {
        exact = longest * shorter / longer;
        edge = (int) Math.rint(exact);
      }
      if (height <= width && height == edge || width <= height && width == edge) {
        return new PictureSize(height, width);
      }
      return width < height
          ? new PictureSize((int) (exact * height / width), edge)
          : new PictureSize(edge, (int) (exact * width / height));
    }
  }

  /** As large as fits into a height and a width, of the same ratio. */
  record Within(PictureSize most) implements ResizeRule {
    @Override
    public PictureSize apply(int height, int width) {
      double scale = Math.min((double) most.height() / height, (double) most.width() / width);
      return new PictureSize((int) (height * scale), (int) (width * scale));
    }
  }

  private static int scaled(int edge, int longer, int shorter) {
    return (int) ((double) ((long) edge * longer) / shorter);
  }
}
