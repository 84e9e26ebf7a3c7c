package org.peft4j.diffusion.internal.architecture;

/**
 * An autoencoder of pictures.
 *
 * @param encoder from pictures to means and logarithms of variances of latents
 * @param decoder from latents to pictures
 * @param scalingFactor what latents are multiplied with before a UNet sees them
 */
public record AutoencoderArchitecture(
    PictureArchitecture encoder, PictureArchitecture decoder, double scalingFactor) {
  /** The number of parameters. */
  public long parameterCount() {
    return encoder.parameterCount() + decoder.parameterCount();
  }
}
