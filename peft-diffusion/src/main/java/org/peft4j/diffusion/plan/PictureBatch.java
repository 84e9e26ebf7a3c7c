package org.peft4j.diffusion.plan;

import org.peft4j.error.PeftException;

/**
 * The batch of a plan.
 *
 * @param pictures the number of pictures
 * @param side the height and width of each, as the UNet sees it: of latents
 * @param tokens of each text
 */
public record PictureBatch(int pictures, int side, int tokens) {
  /** The tokens of a text that Stable Diffusion's encoder gives. */
  public static final int TOKENS = 77;

  private static final int MOST = 1 << 14;

  public PictureBatch {
    require("The number of pictures", pictures);
    require("The side of a picture", side);
    require("The number of tokens", tokens);
  }

  /** Pictures with texts of 77 tokens. */
  public PictureBatch(int pictures, int side) {
    this(pictures, side, TOKENS);
  }

  private static void require(String what, int value) {
    if (value < 1 || value > MOST) {
      throw new PeftException(what + " is " + value + "; allowed: 1 to " + MOST + ".");
    }
  }
}
