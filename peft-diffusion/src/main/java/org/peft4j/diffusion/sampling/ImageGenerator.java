package org.peft4j.diffusion.sampling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.diffusion.Autoencoder;
import org.peft4j.diffusion.UNet;
import org.peft4j.diffusion.schedule.NoiseSchedule;
import org.peft4j.diffusion.schedule.Sampler;
import org.peft4j.error.PeftException;
import org.peft4j.vision.Picture;

/**
 * Makes pictures with a UNet, with its adapters if it has some. With guidance g, each step goes by
 * ε = ε(∅) + g·(ε(text) − ε(∅)), both predicted in one batch.
 *
 * @param unet predicts noise, velocities or pictures
 * @param autoencoder makes pictures of latents; none where the UNet's samples are pixels from −1 to
 *     1
 * @param schedule that of the UNet's training
 */
public record ImageGenerator(UNet unet, Optional<Autoencoder> autoencoder, NoiseSchedule schedule) {
  /**
   * What sampling arrives at: latents times the autoencoder's scaling factor, or pixels.
   *
   * @param noise standard normal numbers, [batch, channels, height, width]
   * @param text states of the texts, [batch, tokens, width]
   * @param none states of the empty text, of the same shape; of no use where guidance is 1
   * @return in the shape of the noise
   * @throws PeftException if shapes differ, or the settings do not go with the schedule
   */
  public INDArray sample(INDArray noise, INDArray text, INDArray none, SamplingSettings settings) {
    boolean guided = settings.guidance() > 1;
    requireAlike(noise, text, none, guided);
    Sampler sampler = settings.sampler().sampler(schedule, settings.steps());
    INDArray states = guided ? Nd4j.concat(0, none, text) : text;
    INDArray sample = noise.mul(sampler.initialSigma());
    long batch = noise.size(0);
    for (int i = 0; i < sampler.count(); i++) {
      INDArray scaled = sampler.scaled(sample, i);
      INDArray input = guided ? Nd4j.concat(0, scaled, scaled) : scaled;
      INDArray step = Nd4j.valueArrayOf(new long[] {input.size(0), 1}, (float) sampler.timestep(i));
      INDArray output = unet.predict(input, step, states);
      INDArray predicted = guided ? guided(output, batch, settings.guidance()) : output;
      sample = sampler.step(predicted, i, sample);
    }
    return sample;
  }

  private static INDArray guided(INDArray output, long batch, double guidance) {
    INDArray without = output.get(NDArrayIndex.interval(0, batch)).dup('c');
    INDArray with = output.get(NDArrayIndex.interval(batch, 2 * batch)).dup('c');
    return without.addi(with.subi(without).muli(guidance));
  }

  private void requireAlike(INDArray noise, INDArray text, INDArray none, boolean guided) {
    boolean alike = !guided || Arrays.equals(text.shape(), none.shape());
    if (noise.rank() != 4
        || noise.size(1) != unet.inputChannels()
        || text.rank() != 3
        || text.size(0) != noise.size(0)
        || text.size(2) != unet.textWidth()
        || !alike) {
      throw new PeftException(
          "Noise of the shape %s, a text's states of %s and an empty text's of %s; allowed: [batch, %d, height, width] and twice [batch, tokens, %d]."
              .formatted(
                  Arrays.toString(noise.shape()),
                  Arrays.toString(text.shape()),
                  Arrays.toString(none.shape()),
                  unet.inputChannels(),
                  unet.textWidth()));
    }
  }

  /** The pictures of what {@link #sample} gave: values from −1 to 1 become 0 to 255. */
  public List<Picture> pictures(INDArray samples) {
    INDArray pixels =
        autoencoder.map(each -> each.decode(samples.div(each.scalingFactor()))).orElse(samples);
    List<Picture> pictures = new ArrayList<>();
    for (long i = 0; i < pixels.size(0); i++) {
      pictures.add(picture(pixels.slice(i)));
    }
    return pictures;
  }

  private static Picture picture(INDArray pixels) {
    int channels = (int) pixels.size(0);
    int height = (int) pixels.size(1);
    int width = (int) pixels.size(2);
    float[] values = pixels.dup('c').reshape(pixels.length()).toFloatVector();
    byte[] bytes = new byte[values.length];
    int area = height * width;
    for (int i = 0; i < values.length; i++) {
      double level = Math.max(0, Math.min(1, values[i] / 2.0 + 0.5));
      bytes[i % area * channels + i / area] = (byte) (int) Math.rint(level * 255);
    }
    return Picture.of(width, height, channels, bytes);
  }
}
