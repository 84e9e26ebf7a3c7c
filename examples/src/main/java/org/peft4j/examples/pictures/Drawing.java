package org.peft4j.examples.pictures;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.diffusion.pipeline.StableDiffusion;
import org.peft4j.diffusion.sampling.ImageGenerator;
import org.peft4j.diffusion.sampling.SamplingSettings;
import org.peft4j.diffusion.schedule.LatentNoise;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureWriter;

/**
 * A picture that a model drew.
 *
 * @param form the form that it was asked for
 * @param picture what it drew
 */
record Drawing(String form, Picture picture) {
  private static final long SEED = 7;

  /** Every form, and again with other noise; the noise is the same each time. */
  static List<Drawing> all(StableDiffusion model, int each, SamplingSettings settings) {
    List<String> forms =
        Collections.nCopies(each, SmallUNet.FORMS).stream().flatMap(List::stream).toList();
    INDArray text = model.states(forms.stream().map(SmallUNet::caption).toList());
    INDArray none = model.states(Collections.nCopies(forms.size(), ""));
    INDArray noise =
        new LatentNoise(SEED)
            .draw(forms.size(), model.unet().inputChannels(), SmallUNet.SIZE, SmallUNet.SIZE);
    ImageGenerator generator = new ImageGenerator(model.unet(), Optional.empty(), model.schedule());
    List<Picture> pictures = generator.pictures(generator.sample(noise, text, none, settings));
    return IntStream.range(0, forms.size())
        .mapToObj(i -> new Drawing(forms.get(i), pictures.get(i)))
        .toList();
  }

  /** Whether the adapter has seen pictures of the form. */
  boolean isLearned() {
    return SmallUNet.FORMS.indexOf(form) < SmallUNet.LEARNED;
  }

  /** Writes {@code circle-0.png} and so on. */
  static void write(Path folder, List<Drawing> drawings) {
    for (int i = 0; i < drawings.size(); i++) {
      String name = drawings.get(i).form() + "-" + i / SmallUNet.FORMS.size() + ".png";
      PictureWriter.write(folder.resolve(name), drawings.get(i).picture());
    }
  }
}
